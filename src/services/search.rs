//! One question across everything: whole numbers first, by their indexes, then whatever contains the words.
//!
//! "Contains" may read a whole table and stops as soon as it has enough; it does not care about case, nor about umlauts
//! where a folded column exists. What looks like a whole number and is one is not looked for in parts: nobody who types
//! `RE-2026-00001` wants what contains it besides. Who may see which kind is decided before.

use std::collections::HashMap;

use sea_orm::sea_query::{Expr, Func, LikeExpr, Query};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::db::contains_pattern;
use crate::domain::id::CustomerId;
use crate::domain::text::fold;
use crate::entities::{account_movement, customer, invoice, invoice_correction, refund, sales_order};
use crate::error::Error;
use crate::services::movements::OF_VISIBLE_ACCOUNTS;
use crate::services::movements::finding::with_word;
use crate::services::movements::list::{self as movements, MovementFilter, SortBy};
use crate::services::page::{Direction, PageRequest};
use crate::views::search::{SearchHit, SearchKind, SearchMatch, SearchView};

/// Most hits of each kind.
pub const HITS_MAX: u64 = 10;

/// A shorter word is no number of a document.
const NUMBER_MIN: usize = 6;

/// What is looked for.
#[derive(Debug, Clone)]
pub struct Needle {
    text: String,
    /// As it was typed, and in capitals, as our own numbers are.
    exact: [String; 2],
    lower: String,
    folded: String,
}

impl Needle {
    pub fn of(text: &str) -> Self {
        let exact = [text.to_owned(), text.to_uppercase()];
        Self { text: text.to_owned(), exact, lower: text.to_lowercase(), folded: fold(text) }
    }

    /// Whether it looks like the number of a document: one word of some length, with a digit.
    fn is_number(&self) -> bool {
        let of_number = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
        self.folded.len() >= NUMBER_MIN
            && self.folded.chars().all(of_number)
            && self.folded.contains(|letter: char| letter.is_ascii_digit())
    }

    fn is(&self, column: impl ColumnTrait) -> Expr {
        column.is_in(self.exact.iter().map(String::as_str))
    }

    /// In a column that is not folded.
    fn within(&self, column: impl ColumnTrait) -> Expr {
        let lower = Expr::expr(Func::lower(column.into_expr()));
        lower.like(LikeExpr::new(contains_pattern(&self.lower)).escape('\\'))
    }

    fn within_folded(&self, column: impl ColumnTrait) -> Expr {
        super::contains(column, &self.folded)
    }

    fn of_customer(&self, column: impl ColumnTrait) -> Expr {
        let mut named = Query::select();
        named.column(customer::Column::Id).from(customer::Entity);
        named.and_where(self.within_folded(customer::Column::NameFold));
        column.in_subquery(named)
    }
}

/// Looks through some kinds.
pub async fn search(conn: &impl ConnectionTrait, kinds: Vec<SearchKind>, needle: &Needle) -> Result<SearchView, Error> {
    let mut found: Vec<Vec<SearchHit>> = Vec::with_capacity(kinds.len());
    for kind in kinds.iter().copied() {
        found.push(by_number(conn, kind, needle).await?);
    }
    let known = needle.is_number() && found.iter().any(|hits| !hits.is_empty());
    let mut items: Vec<SearchHit> = Vec::new();
    for (kind, mut found) in kinds.iter().copied().zip(found) {
        let more = if known { Vec::new() } else { containing(conn, kind, needle).await? };
        let new: Vec<SearchHit> = more.into_iter().filter(|hit| found.iter().all(|known| known.id != hit.id)).collect();
        found.extend(new);
        found.truncate(usize::try_from(HITS_MAX).unwrap_or(usize::MAX));
        items.extend(found);
    }
    // Stable: the kinds stay in order among whole numbers and among the rest.
    items.sort_by_key(|hit| hit.matched);
    Ok(SearchView { q: needle.text.clone(), searched: kinds, items })
}

/// What carries exactly this number: by indexes alone.
pub async fn by_number(
    conn: &impl ConnectionTrait,
    kind: SearchKind,
    needle: &Needle,
) -> Result<Vec<SearchHit>, Error> {
    let matched = SearchMatch::Number;
    match kind {
        SearchKind::Customer => {
            let number = needle.is(customer::Column::Number).or(needle.is(customer::Column::ExternalNumber));
            customers(conn, Condition::all().add(number), matched).await
        }
        SearchKind::Order => {
            let number = needle.is(sales_order::Column::Number).or(needle.is(sales_order::Column::ExternalNumber));
            orders(conn, Condition::all().add(number), matched).await
        }
        SearchKind::Invoice => invoices(conn, Condition::all().add(needle.is(invoice::Column::Number)), matched).await,
        SearchKind::InvoiceCorrection => {
            corrections(conn, Condition::all().add(needle.is(invoice_correction::Column::Number)), matched).await
        }
        SearchKind::Refund => refunds(conn, Condition::all().add(needle.is(refund::Column::Number)), matched).await,
        SearchKind::AccountMovement => {
            use account_movement::{Column, Entity};
            let number = needle.is(Column::TransactionId).or(needle.is(Column::EndToEndId));
            let visible = Expr::cust(format!("NOT hidden AND {OF_VISIBLE_ACCOUNTS}"));
            let carrying = Entity::find().filter(number).filter(visible.clone()).limit(HITS_MAX).all(conn).await?;
            let named = match needle.is_number() {
                true => with_word(conn, &needle.folded, HITS_MAX).await?,
                false => Vec::new(),
            };
            let naming = Entity::find().filter(Column::Id.is_in(named)).filter(visible);
            let naming = naming.order_by_desc(Column::BookingDate).order_by_desc(Column::Id).all(conn).await?;
            let naming = naming.into_iter().filter(|row| carrying.iter().all(|known| known.id != row.id));
            let naming: Vec<account_movement::Model> = naming.collect();
            Ok(carrying.into_iter().chain(naming).map(SearchHit::of_movement).collect())
        }
    }
}

/// What contains the words, newest first.
async fn containing(conn: &impl ConnectionTrait, kind: SearchKind, needle: &Needle) -> Result<Vec<SearchHit>, Error> {
    let (any, matched) = (Condition::any(), SearchMatch::Text);
    match kind {
        SearchKind::Customer => {
            use customer::Column;
            let found = any.add(needle.within_folded(Column::NameFold)).add(needle.within(Column::Number));
            customers(conn, found.add(needle.within(Column::ExternalNumber)), matched).await
        }
        SearchKind::Order => {
            use sales_order::Column;
            let found = any.add(needle.within(Column::Number)).add(needle.within(Column::ExternalNumber));
            orders(conn, found.add(needle.of_customer(Column::CustomerId)), matched).await
        }
        SearchKind::Invoice => {
            use invoice::Column;
            let found = any.add(needle.within(Column::Number)).add(needle.of_customer(Column::CustomerId));
            invoices(conn, found, matched).await
        }
        SearchKind::InvoiceCorrection => {
            corrections(conn, any.add(needle.within(invoice_correction::Column::Number)), matched).await
        }
        SearchKind::Refund => {
            use refund::Column;
            let found = any.add(needle.within(Column::Number)).add(needle.within(Column::Purpose));
            refunds(conn, found.add(needle.within(Column::RecipientName)), matched).await
        }
        SearchKind::AccountMovement => {
            let filter = MovementFilter { q: Some(needle.text.clone()), ..MovementFilter::default() };
            let page = PageRequest { limit: HITS_MAX, cursor: None, fingerprint: String::new() };
            let found = movements::page(conn, &filter, (SortBy::BookingDate, Direction::Descending), &page).await?;
            Ok(found.items.into_iter().map(SearchHit::of_listed).collect())
        }
    }
}

async fn customers(
    conn: &impl ConnectionTrait,
    found: Condition,
    matched: SearchMatch,
) -> Result<Vec<SearchHit>, Error> {
    let query = customer::Entity::find().filter(found).order_by_desc(customer::Column::Id).limit(HITS_MAX);
    Ok(query.all(conn).await?.into_iter().map(|row| SearchHit::of_customer(row, matched)).collect())
}

async fn orders(conn: &impl ConnectionTrait, found: Condition, matched: SearchMatch) -> Result<Vec<SearchHit>, Error> {
    let query = sales_order::Entity::find().filter(found).order_by_desc(sales_order::Column::Id).limit(HITS_MAX);
    let rows = query.all(conn).await?;
    let names = names(conn, rows.iter().map(|row| row.customer_id)).await?;
    let hit = |row: sales_order::Model| {
        let name = names.get(&row.customer_id).cloned();
        SearchHit::of_order(row, name, matched)
    };
    Ok(rows.into_iter().map(hit).collect())
}

async fn invoices(
    conn: &impl ConnectionTrait,
    found: Condition,
    matched: SearchMatch,
) -> Result<Vec<SearchHit>, Error> {
    let query = invoice::Entity::find().filter(found).order_by_desc(invoice::Column::Id).limit(HITS_MAX);
    let rows = query.all(conn).await?;
    let names = names(conn, rows.iter().map(|row| row.customer_id)).await?;
    let hit = |row: invoice::Model| {
        let name = names.get(&row.customer_id).cloned();
        SearchHit::of_invoice(row, name, matched)
    };
    Ok(rows.into_iter().map(hit).collect())
}

async fn corrections(
    conn: &impl ConnectionTrait,
    found: Condition,
    matched: SearchMatch,
) -> Result<Vec<SearchHit>, Error> {
    use invoice_correction::{Column, Entity};
    let query = Entity::find().filter(found).order_by_desc(Column::Id).limit(HITS_MAX);
    Ok(query.all(conn).await?.into_iter().map(|row| SearchHit::of_correction(row, matched)).collect())
}

async fn refunds(conn: &impl ConnectionTrait, found: Condition, matched: SearchMatch) -> Result<Vec<SearchHit>, Error> {
    let there = refund::Entity::find().filter(refund::Column::DeletedAt.is_null());
    let query = there.filter(found).order_by_desc(refund::Column::Id).limit(HITS_MAX);
    Ok(query.all(conn).await?.into_iter().map(|row| SearchHit::of_refund(row, matched)).collect())
}

async fn names(
    conn: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = CustomerId>,
) -> Result<HashMap<CustomerId, String>, Error> {
    let rows = customer::Entity::find().filter(customer::Column::Id.is_in(super::distinct(ids)));
    Ok(rows.all(conn).await?.into_iter().map(|row| (row.id, row.name)).collect())
}
