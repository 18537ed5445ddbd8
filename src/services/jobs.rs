//! Looking at jobs. What is done with them is `queue`'s.

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use crate::domain::id::JobId;
use crate::domain::job::JobState;
use crate::entities::job;
use crate::error::{Error, Kind};
use crate::services::page::{self, Direction, Order, Page, PageRequest, SortKey};
use crate::views::jobs::JobView;

/// Jobs, newest first.
///
/// # Errors
/// The cursor's codes.
pub async fn page(
    conn: &impl ConnectionTrait,
    state: Option<JobState>,
    request: &PageRequest,
) -> Result<Page<JobView>, Error> {
    let mut query = job::Entity::find();
    if let Some(state) = state {
        query = query.filter(job::Column::State.eq(state));
    }
    let order = Order { column: None, id: job::Column::Id, direction: Direction::Descending };
    let page = page::fetch(conn, query, order, request, |row| (SortKey::Id, row.id.0)).await?;
    Ok(page.map(JobView::from))
}

/// # Errors
/// `not_found`.
pub async fn show(conn: &impl ConnectionTrait, id: JobId) -> Result<JobView, Error> {
    let found = job::Entity::find_by_id(id).one(conn).await?;
    found.map(JobView::from).ok_or_else(|| Error::not_found(Kind::Job))
}
