//! A search for a whole number reads no table; one for a part of a text may.

use heller::services::search::{self, Needle};
use heller::views::search::SearchKind;

use super::explaining::Explaining;

pub async fn numbers(conn: &Explaining) {
    for kind in SearchKind::ALL.iter().copied() {
        for number in ["RE-2025-00007", "AU-SEED-7", "nothing"] {
            conn.about(format!("search for the {kind} {number}"));
            search::by_number(conn, kind, &Needle::of(number)).await.unwrap();
        }
    }
}
