//! How many streams may be open, and how all of them are ended at once.
//!
//! A client that went away without a word is noticed only when something is written to it. So before a stream is refused,
//! those that are open are asked to write a comment.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};

use crate::domain::id::UserId;
use crate::error::{Code, Error};

/// Most streams of one user.
const USER_MAX: usize = 8;
/// Most streams of a process.
const TOTAL_MAX: usize = 256;
/// How often the open ones are asked, and how long they have to find that nobody is there. The first write tells the
/// client's machine, the second one hears its answer.
const KNOCKS: u32 = 4;
const KNOCK: Duration = Duration::from_millis(100);
/// What a refused client is told to wait, in seconds.
const RETRY_AFTER_S: u32 = 5;

#[derive(Debug)]
pub struct Places(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    open: Mutex<HashMap<UserId, usize>>,
    knock: Notify,
    closed: watch::Sender<bool>,
}

impl Default for Places {
    fn default() -> Self {
        let closed = watch::Sender::new(false);
        Self(Arc::new(Inner { open: Mutex::default(), knock: Notify::new(), closed }))
    }
}

/// One open stream; its place is free when this is dropped.
#[derive(Debug)]
pub struct Seat {
    user: UserId,
    inner: Arc<Inner>,
}

impl Places {
    /// # Errors
    /// `rate_limited` when this user, or everybody together, has as many as there may be.
    pub async fn take(&self, user: UserId) -> Result<Seat, Error> {
        for _ in 0..KNOCKS {
            if self.try_take(user).is_ok() {
                return Ok(self.seat(user));
            }
            self.0.knock.notify_waiters();
            tokio::time::sleep(KNOCK).await;
        }
        let full = |limit| Error::new(Code::RateLimited).with("limit", limit).retry_after(RETRY_AFTER_S);
        self.try_take(user).map(|()| self.seat(user)).map_err(full)
    }

    fn seat(&self, user: UserId) -> Seat {
        Seat { user, inner: Arc::clone(&self.0) }
    }

    /// Counts one more, or answers the limit that is reached.
    fn try_take(&self, user: UserId) -> Result<(), usize> {
        let mut open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        let total = open.values().fold(0_usize, |sum, count| sum.saturating_add(*count));
        let own = open.get(&user).copied().unwrap_or(0);
        if own >= USER_MAX {
            return Err(USER_MAX);
        }
        if total >= TOTAL_MAX {
            return Err(TOTAL_MAX);
        }
        open.insert(user, own.saturating_add(1));
        Ok(())
    }

    /// Ends every stream, and those that are opened from now on at once: the server stops.
    pub fn close(&self) {
        self.0.closed.send_replace(true);
    }
}

impl Seat {
    /// Until the server stops.
    pub async fn closed(&self) {
        let mut closed = self.inner.closed.subscribe();
        // The sender lives as long as this seat.
        let _changed = closed.wait_for(|closed| *closed).await;
    }

    /// Until somebody wants to know whether there is still anybody.
    pub async fn knocked(&self) {
        self.inner.knock.notified().await;
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = self.inner.open.lock().unwrap_or_else(PoisonError::into_inner);
        let left = open.get(&self.user).map_or(0, |count| count.saturating_sub(1));
        if left == 0 {
            open.remove(&self.user);
        } else {
            open.insert(self.user, left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[tokio::test]
    async fn everybody_has_eight_places_and_all_together_have_256() {
        let places = Places::default();
        let user = |number: u128| UserId(Uuid::from_u128(number));
        let mut seats = Vec::new();
        for number in 0..32 {
            for _ in 0..8 {
                seats.push(places.take(user(number)).await.unwrap());
            }
            assert_eq!(places.try_take(user(number)), Err(8));
        }
        let refused = places.take(user(99)).await.unwrap_err();
        assert_eq!((refused.code(), refused.retry_after_s()), (Code::RateLimited, Some(RETRY_AFTER_S)));
        assert!(refused.params().contains(&("limit", "256".to_owned())));
        seats.pop();
        seats.push(places.take(user(99)).await.unwrap());
        drop(seats);
        assert!(places.0.open.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn what_is_closed_ends_those_who_come_later_too() {
        let places = Places::default();
        let user = UserId(Uuid::from_u128(1));
        let early = places.take(user).await.unwrap();
        places.close();
        early.closed().await;
        places.take(user).await.unwrap().closed().await;
    }
}
