//! The first connection to PostgreSQL.

use std::time::Duration;

use sea_orm::sqlx::Connection;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgConnection};

use crate::error::{Code, Error};

/// How long PostgreSQL may take to take a connection at the start.
const PATIENCE: Duration = Duration::from_secs(5);

/// Connects to PostgreSQL once, because a pool tries for long and then does not say why it failed. The address is told,
/// the password is not.
pub async fn knock(url: &str) -> Result<(), Error> {
    if !url.starts_with("postgres") {
        return Ok(());
    }
    let away = |cause: String| Error::new(Code::Unavailable).because(cause);
    let options: PgConnectOptions = url.parse().map_err(|_| away("database_url cannot be read".to_owned()))?;
    let address = format!("{}:{}", options.get_host(), options.get_port());
    match tokio::time::timeout(PATIENCE, PgConnection::connect_with(&options)).await {
        Err(_) => Err(away(format!("{address}: no answer within {} s", PATIENCE.as_secs()))),
        Ok(Err(error)) => Err(away(format!("{address}: {error}"))),
        Ok(Ok(connection)) => {
            connection.close().await.ok();
            Ok(())
        }
    }
}
