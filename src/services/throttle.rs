//! Failed logins are slowed down, per account and per address.
//!
//! An attempt is counted before the password is looked at, so that a thousand at once are not one; a login that succeeds
//! takes its own back. From the sixth failure of an account on: one second, two, four … at most 15 minutes.

use std::net::IpAddr;

use chrono::{DateTime, Duration, Utc};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter, QueryOrder};

use crate::access::ctx::Ctx;
use crate::db::Db;
use crate::entities::login_throttle;
use crate::error::{Code, Error};

/// Failures before an account has to wait.
const FREE: i32 = 5;
/// An address is shared by a whole office, so it may fail ten times as often.
const FREE_OF_ADDRESS: i32 = 50;

/// A login attempt, by what it is counted for.
pub struct Attempt {
    /// Account and address, always counted in this order.
    subjects: [String; 2],
}

impl Attempt {
    /// `account` is a hash: the table never tells who tried.
    pub fn of(account: &str, address: Option<IpAddr>) -> Self {
        Self { subjects: [format!("account:{account}"), format!("address:{}", network(address))] }
    }

    /// # Errors
    /// `rate_limited` while the account or the address has to wait; then nothing is counted.
    pub async fn count(&self, db: &Db, ctx: &Ctx) -> Result<(), Error> {
        // Whoever is blocked does not get in the way of those who write.
        self.check(db.reader(), ctx).await?;
        db.write(async |txn| {
            for (subject, free) in self.subjects.iter().zip([FREE, FREE_OF_ADDRESS]) {
                note(txn, ctx, subject, free).await?;
            }
            Ok(())
        })
        .await
    }

    async fn check(&self, conn: &impl sea_orm::ConnectionTrait, ctx: &Ctx) -> Result<(), Error> {
        let blocked = login_throttle::Entity::find()
            .filter(login_throttle::Column::Subject.is_in(&self.subjects))
            .filter(login_throttle::Column::BlockedUntil.gt(ctx.now))
            .order_by_desc(login_throttle::Column::BlockedUntil)
            .one(conn)
            .await?;
        blocked.map_or(Ok(()), |row| Err(wait(ctx, row.blocked_until)))
    }

    /// Takes the attempt back after the right password. Other failures from the address stay counted: who has an account
    /// of their own may not use it to try others' passwords.
    pub async fn forgive(&self, txn: &DatabaseTransaction) -> Result<(), Error> {
        let [account, address] = &self.subjects;
        login_throttle::Entity::delete_by_id(account.clone()).exec(txn).await?;
        login_throttle::Entity::update_many()
            .col_expr(login_throttle::Column::Failures, Expr::col(login_throttle::Column::Failures).sub(1))
            .filter(login_throttle::Column::Subject.eq(address.clone()))
            .filter(login_throttle::Column::Failures.gt(0))
            .exec(txn)
            .await?;
        Ok(())
    }
}

/// Counts for one subject, unless it has to wait.
async fn note(txn: &DatabaseTransaction, ctx: &Ctx, subject: &str, free: i32) -> Result<(), Error> {
    use login_throttle::Column;
    let row = login_throttle::ActiveModel {
        subject: Set(subject.to_owned()),
        failures: Set(0),
        blocked_until: Set(None),
        updated_at: Set(ctx.now),
    };
    let known = OnConflict::column(Column::Subject).do_nothing().to_owned();
    login_throttle::Entity::insert(row).on_conflict(known).exec_without_returning(txn).await?;
    let found = login_throttle::Entity::find_by_id(subject.to_owned());
    let found = crate::db::locked(found).one(txn).await?;
    let found = found.ok_or_else(|| Error::inconsistent("login_throttle", "subject", subject))?;
    if found.blocked_until.is_some_and(|until| until > ctx.now) {
        return Err(wait(ctx, found.blocked_until));
    }
    let failures = found.failures.saturating_add(1);
    let update = login_throttle::Entity::update_many()
        .col_expr(Column::Failures, Expr::value(failures))
        .col_expr(Column::BlockedUntil, Expr::value(blocked_until(ctx.now, failures, free)))
        .col_expr(Column::UpdatedAt, Expr::value(ctx.now))
        .filter(Column::Subject.eq(subject));
    crate::db::change(txn, update, || Error::inconsistent("login_throttle", "subject", subject)).await
}

fn blocked_until(now: DateTime<Utc>, failures: i32, free: i32) -> Option<DateTime<Utc>> {
    let over = u32::try_from(failures.saturating_sub(free)).ok().filter(|over| *over > 0)?;
    let pause = Duration::seconds(Ord::min(2_i64.saturating_pow(Ord::min(over, 11).saturating_sub(1)), 900));
    now.checked_add_signed(pause)
}

fn wait(ctx: &Ctx, until: Option<DateTime<Utc>>) -> Error {
    let seconds = until.map_or(1, |until| Ord::max(until.signed_duration_since(ctx.now).num_seconds(), 1));
    Error::new(Code::RateLimited).retry_after(u32::try_from(seconds).unwrap_or(60))
}

/// What is counted as one address: of IPv6 the 64 bits that a customer gets.
fn network(address: Option<IpAddr>) -> String {
    match address.map(|address| address.to_canonical()) {
        None => "unknown".to_owned(),
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_a_network_counts_for_all_of_it() {
        let network_of = |text: &str| network(text.parse().ok());
        assert_eq!(network_of("2001:db8:1:2:3:4:5:6"), network_of("2001:db8:1:2::9"));
        assert_ne!(network_of("2001:db8:1:2::9"), network_of("2001:db8:1:3::9"));
        assert_eq!(network_of("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(network(None), "unknown");
    }

    #[test]
    fn the_pause_doubles_up_to_a_quarter_of_an_hour() {
        let now = DateTime::UNIX_EPOCH;
        let pause =
            |failures| blocked_until(now, failures, FREE).map(|until| until.signed_duration_since(now).num_seconds());
        assert_eq!(
            [4, 5, 6, 7, 8, 15, 16, 400].map(pause),
            [None, None, Some(1), Some(2), Some(4), Some(512), Some(900), Some(900)]
        );
    }
}
