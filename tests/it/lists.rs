//! Lists: keyset pages that neither skip nor repeat, what is refused, and folders that say the same in SQL and in Rust.

use std::collections::BTreeSet;

use heller::clock::Clock;
use heller::db::{self, Db, Durability};
use heller::domain::account::ProviderKind;
use heller::domain::id::{AccountId, MovementId};
use heller::domain::money::Currency;
use heller::domain::movement::{BookingType, Folder, ImportChannel, MovementFacts, MovementStatus};
use heller::entities::{account_movement, payment_account};
use heller::services::movements::list::{self, MovementFilter, SortBy};
use heller::services::page::{Direction, PageRequest};
use serde_json::json;

use crate::support::answer::Answer;
use crate::support::app::beginning;
use crate::support::client::Client;
use crate::support::db::TestDb;
use crate::support::shop::Shop;

fn ids(list: &Answer) -> Vec<String> {
    list.at("/items").as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

/// The next page by the `Link` header, which must lead where `next_cursor` leads.
async fn next(person: &Client, page: &Answer) -> Option<Answer> {
    let cursor = page.at("/next_cursor").as_str();
    assert_eq!(page.at("/has_more"), &json!(cursor.is_some()), "{page:?}");
    let Some(link) = page.header("Link") else {
        assert_eq!(cursor, None, "{page:?}");
        return None;
    };
    let target = link.strip_prefix('<').and_then(|link| link.strip_suffix(">; rel=\"next\"")).unwrap();
    assert!(target.ends_with(&format!("cursor={}", cursor.unwrap())), "{link}");
    Some(person.get(target).await.expect(200))
}

/// All ids of a list from its first page on; between the pages `meanwhile` happens.
async fn walk(person: &Client, path: &str, meanwhile: impl AsyncFn(usize)) -> Vec<String> {
    let mut page = person.get(path).await.expect(200);
    let mut seen = ids(&page);
    for round in 0.. {
        meanwhile(round).await;
        let Some(following) = next(person, &page).await else { break };
        seen.extend(ids(&following));
        page = following;
    }
    let distinct: BTreeSet<&String> = seen.iter().collect();
    assert_eq!(distinct.len(), seen.len(), "a row came twice: {seen:?}");
    seen
}

#[tokio::test]
async fn pages_newest_first_show_what_was_there_whatever_is_added() {
    let shop = Shop::open().await;
    let mut orders = Vec::new();
    for _ in 0..7 {
        orders.push(shop.order("10.00").await);
    }
    let before: Vec<String> = orders.into_iter().rev().collect();
    let add = async |_| drop(shop.order("10.00").await);
    assert_eq!(walk(&shop.sales, "/v1/orders?limit=2", add).await, before);
    assert_eq!(walk(&shop.sales, "/v1/orders?limit=200", async |_| {}).await.len(), 7 + 4);
    shop.app.finish().await;
}

#[tokio::test]
async fn pages_oldest_first_also_show_what_is_added_behind_them() {
    let shop = Shop::open().await;
    for _ in 0..4 {
        shop.order("10.00").await;
    }
    let add = async |round| {
        if round < 2 {
            shop.order("10.00").await;
        }
    };
    let seen = walk(&shop.sales, "/v1/orders?limit=2&sort=order_date", add).await;
    assert_eq!(seen, walk(&shop.sales, "/v1/orders?sort=order_date&limit=200", async |_| {}).await);
    assert_eq!(seen.len(), 6);
    shop.app.finish().await;
}

#[tokio::test]
async fn pages_by_amount_do_not_lose_rows_of_the_same_amount() {
    let shop = Shop::open().await;
    for amount in ["5.00", "7.00", "5.00", "5.00", "1.00", "7.00", "5.00"] {
        shop.pay(amount, "Danke", "paid").await;
    }
    shop.fetch().await;
    for sort in ["amount", "-amount", "booking_date", "-booking_date"] {
        let before =
            walk(&shop.accountant, &format!("/v1/account-movements?sort={sort}&limit=200"), async |_| {}).await;
        let add = async |_| drop(shop.paid_in("5.00", "Danke").await);
        let seen = walk(&shop.accountant, &format!("/v1/account-movements?sort={sort}&limit=2"), add).await;
        let old: Vec<&String> = seen.iter().filter(|id| before.contains(id)).collect();
        assert_eq!(old, before.iter().collect::<Vec<_>>(), "{sort}");
    }
    shop.app.finish().await;
}

#[tokio::test]
async fn a_cursor_belongs_to_its_list_filter_and_sorting() {
    let shop = Shop::open().await;
    for _ in 0..3 {
        shop.invoice(&shop.order("10.00").await).await;
    }
    let page = shop.accountant.get("/v1/orders?status=invoiced&limit=1").await.expect(200);
    let cursor = page.text("/next_cursor");
    for other in
        ["/v1/orders?", "/v1/orders?status=open&", "/v1/orders?status=invoiced&sort=order_date&", "/v1/invoices?"]
    {
        let refused = shop.accountant.get(format!("{other}cursor={cursor}")).await;
        refused.problem(400, "cursor_mismatch").field("cursor", "cursor_mismatch");
    }
    let more = shop.accountant.get(format!("/v1/orders?limit=2&cursor={cursor}&status=invoiced")).await.expect(200);
    assert_eq!(ids(&more).len(), 2, "limit and the order of parameters are free");
    shop.app.finish().await;
}

#[tokio::test]
async fn a_page_is_followed_by_the_rest_with_all_its_filters() {
    let shop = Shop::open().await;
    for _ in 0..3 {
        shop.pay_as("Jürgen Weiß & Söhne", ("10.00", "50 % Rabatt", "paid")).await;
    }
    shop.pay("10.00", "Danke", "paid").await;
    shop.fetch().await;
    let path = "/v1/account-movements?counterparty=wei%C3%9F%20%26%20s%C3%B6hne&purpose=50%20%25&limit=2";
    assert_eq!(walk(&shop.accountant, path, async |_| {}).await.len(), 3);
    shop.app.finish().await;
}

/// Movements of every kind, status, visibility, sign and remainder that the database accepts.
fn movements_of_every_kind(account: AccountId, clock: &Clock) -> Vec<account_movement::Model> {
    let mut rows = Vec::new();
    let product =
        BookingType::ALL.iter().flat_map(|kind| MovementStatus::ALL.iter().map(move |status| (*kind, *status)));
    for (booking_type, status) in product {
        for (amount_minor, free_minor) in [(150, 150), (150, 50), (150, 0), (-150, 150), (-150, 50), (-150, 0)] {
            for hidden in [false, true] {
                let id = MovementId(clock.ids().make(clock.now()));
                rows.push(account_movement::Model {
                    id,
                    account_id: account,
                    transaction_id: id.to_string(),
                    booking_date: clock.now().date_naive(),
                    value_date: None,
                    amount_minor,
                    free_minor,
                    currency: Currency::EUR,
                    booking_type,
                    status,
                    status_text: None,
                    counterparty_name: None,
                    counterparty_iban: None,
                    counterparty_bic: None,
                    purpose: None,
                    reference: None,
                    end_to_end_id: None,
                    mandate_id: None,
                    related_transaction_id: None,
                    parent_movement_id: None,
                    internal_comment: None,
                    hidden,
                    import_channel: ImportChannel::Provider,
                    returnable: true,
                    counterparty_fold: String::new(),
                    purpose_fold: String::new(),
                    run_id: None,
                    source_line: None,
                    purpose_raw: None,
                    bank_reference: None,
                    transaction_code: None,
                    file_id: None,
                    file_part: None,
                    file_offset: None,
                    file_length: None,
                    reader_version: None,
                    end_to_end_open: false,
                    prenoted_id: None,
                    possible_duplicate: false,
                    version: 1,
                    created_at: clock.now(),
                });
            }
        }
    }
    rows
}

/// A database with one account and every kind of movement. Without a server: these books prove nothing.
async fn every_kind() -> (TestDb, Db, Vec<account_movement::Model>) {
    let (test_db, clock) = (TestDb::fresh().await, Clock::manual(beginning()));
    let db = Db::connect(test_db.url(), 2, Durability::Normal).await.unwrap();
    let account = payment_account::Model {
        id: AccountId(clock.ids().make(clock.now())),
        name: "Sandbox".to_owned(),
        provider: ProviderKind::Sandbox,
        iban: None,
        currency: Currency::EUR,
        can_receive: true,
        can_send: true,
        cutoff_date: None,
        hidden: false,
        auto_import_locked_reason: None,
        feed_cursor: 0,
        version: 1,
        created_at: clock.now(),
    };
    let rows = movements_of_every_kind(account.id, &clock);
    let insert = async |txn: &sea_orm::DatabaseTransaction| {
        db::insert(txn, account.clone()).await?;
        Ok(db::insert_all(txn, rows.clone()).await?)
    };
    db.write(insert).await.unwrap();
    (test_db, db, rows)
}

fn facts(row: &account_movement::Model) -> MovementFacts {
    MovementFacts {
        amount: heller::domain::money::Money::new(row.amount_minor, row.currency),
        free: heller::domain::money::Money::new(row.free_minor, row.currency),
        booking_type: row.booking_type,
        status: row.status,
        hidden: row.hidden,
        possible_duplicate: row.possible_duplicate,
        returnable: row.returnable,
    }
}

/// [31, 32, 33, 34, 35, 36, 37]
#[tokio::test]
async fn every_folder_in_sql_is_the_folder_of_the_rules() {
    let (_test_db, db, rows) = every_kind().await;
    assert_eq!(rows.len(), 7 * 4 * 6 * 2);
    let folders = Folder::ALL.iter().copied().map(Some).chain([None]);
    let counted = list::folders(db.reader()).await.unwrap();
    for folder in folders {
        let filter = MovementFilter { folder, ..MovementFilter::default() };
        let all = PageRequest { limit: 1000, cursor: None, fingerprint: String::new() };
        let order = (SortBy::BookingDate, Direction::Ascending);
        let page = list::page(db.reader(), &filter, order, &all).await.unwrap();
        let found: BTreeSet<MovementId> = page.items.iter().map(|view| view.id).collect();
        let is_in = |row: &&account_movement::Model| folder.map_or(!row.hidden, |folder| facts(row).is_in(folder));
        let expected: Vec<&account_movement::Model> = rows.iter().filter(is_in).collect();
        assert_eq!(found, expected.iter().map(|row| row.id).collect(), "{folder:?}");
        let Some(folder) = folder else { continue };
        let counted = counted.items.iter().find(|one| one.folder == folder).unwrap();
        assert_eq!(usize::try_from(counted.count).unwrap(), expected.len(), "{folder}");
        let free: i64 = expected.iter().map(|row| row.free_minor).sum();
        let sum = counted.sums.first().map(|sum| sum.unassigned_amount.amount.clone());
        let expected_sum = heller::domain::money::Money::new(free, Currency::EUR).amount();
        assert_eq!(sum, (!expected.is_empty()).then_some(expected_sum), "{folder}");
    }
}
