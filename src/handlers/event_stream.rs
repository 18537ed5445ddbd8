//! A stream of server-sent events: one task writes it, the connection reads it from a short queue.
//!
//! The task, and not the connection, asks the database: a client that reads slowly must not keep a look from being
//! finished that others wait for. It ends when the client is gone, the token has expired, the caller may no longer read
//! what is told, the server stops, or there is nothing more to come.

use std::time::Duration;

use actix_web::web::{Bytes, Data};
use chrono::{DateTime, Duration as Span, Utc};
use futures_util::{Stream, stream};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::{Instant, sleep_until, timeout};

use super::events::readable;
use crate::access::require::{FollowProgress, Require};
use crate::domain::progress::{StreamEnd, StreamEvent};
use crate::error::Error;
use crate::services::progress::Position;
use crate::services::progress::follow::{Batch, Follow, Scope};
use crate::services::progress::places::Seat;
use crate::services::progress::watch::PACE;
use crate::state::AppState;
use crate::views::events::StreamEnded;

/// Pause between two comments; before each the caller is looked up again.
const HEARTBEAT: Span = Span::seconds(15);
/// Longest time a client may leave what was written unread.
const UNREAD: Duration = Duration::from_secs(60);
/// Pieces that wait for the connection.
const QUEUE: usize = 4;
/// What a client is told to wait before it connects again, in milliseconds.
const RETRY_MS: u32 = 1000;
const COMMENT: &str = ":\n\n";

/// What is left to do when a stream is over, whatever ended it: nothing.
struct Over;

type Going = Result<(), Over>;

/// Opens a stream. What is wrong before anything was told is still an answer of its own.
pub async fn open(
    state: Data<AppState>,
    (caller, seat): (Require<FollowProgress>, Seat),
    (scope, from, wait_s): (Scope, Position, Option<u32>),
) -> Result<impl Stream<Item = Result<Bytes, Error>> + use<>, Error> {
    let now = state.clock.now();
    let follow = Follow::begin((&state.progress.watch, state.db.reader()), (scope, from, now)).await?;
    let (out, queue) = channel(QUEUE);
    let end = wait_s.and_then(|seconds| Instant::now().checked_add(Duration::from_secs(seconds.into())));
    let teller = Teller { state, caller, seat, follow, out, end, beat: now };
    actix_web::rt::spawn(teller.run());
    let next = |mut queue: Receiver<Bytes>| async { queue.recv().await.map(|piece| (Ok(piece), queue)) };
    Ok(stream::unfold(queue, next))
}

struct Teller {
    state: Data<AppState>,
    caller: Require<FollowProgress>,
    seat: Seat,
    follow: Follow,
    out: Sender<Bytes>,
    /// When `wait` is over.
    end: Option<Instant>,
    beat: DateTime<Utc>,
}

impl Teller {
    async fn run(mut self) {
        // Every way to end is told to the client by the end of the stream.
        let _over = self.tell().await;
    }

    async fn tell(&mut self) -> Going {
        self.write(format!("retry: {RETRY_MS}\n\n")).await?;
        // What was missed may be much, and whoever reads it slowly may lose the right to it meanwhile.
        while !self.follow.is_live() {
            self.may_go_on().await?;
            self.step().await?;
        }
        self.write_position().await?;
        loop {
            if self.follow.is_settled() {
                return self.say_end(StreamEnd::Settled).await;
            }
            if self.end.is_some_and(|end| end <= Instant::now()) {
                return self.say_end(StreamEnd::Waited).await;
            }
            self.pause().await?;
            let beat = self.may_go_on().await?;
            self.step().await?;
            if beat {
                self.write_position().await?;
            }
        }
    }

    /// Tells what there is to tell.
    async fn step(&mut self) -> Going {
        let (state, now) = (&self.state, self.state.clock.now());
        match self.follow.next(&state.progress.watch, state.db.reader(), now).await {
            Ok(batch) if batch.told.is_empty() => Ok(()),
            Ok(batch) => self.write(written(&batch)).await,
            Err(error) => {
                // The client comes again, and is told then that the database is away.
                tracing::warn!(cause = error.cause(), "a stream of events ends, it could not look");
                Err(Over)
            }
        }
    }

    /// Until the next look, or the end.
    async fn pause(&self) -> Going {
        let next = Instant::now().checked_add(PACE).unwrap_or_else(Instant::now);
        let next = self.end.map_or(next, |end| end.min(next));
        tokio::select! {
            () = self.out.closed() => Err(Over),
            () = self.seat.closed() => Err(Over),
            () = self.seat.knocked() => self.write(COMMENT.to_owned()).await,
            () = sleep_until(next) => Ok(()),
        }
    }

    /// Whether a heartbeat is due: then the caller was looked up again, and may still read what is told.
    async fn may_go_on(&mut self) -> Result<bool, Over> {
        if self.caller.is_expired(&self.state) {
            return Err(Over);
        }
        let now = self.state.clock.now();
        if now.signed_duration_since(self.beat) < HEARTBEAT {
            return Ok(false);
        }
        self.beat = now;
        let kinds = readable(&self.caller);
        self.caller = self.caller.again(&self.state).await.map_err(|_refused| Over)?;
        if readable(&self.caller) == kinds { Ok(true) } else { Err(Over) }
    }

    /// A comment, and without an event the position: a client keeps it all the same. The first one says that the present
    /// has been told.
    async fn write_position(&self) -> Going {
        self.write(format!(":\nid: {}\n\n", self.follow.position().encode())).await
    }

    async fn say_end(&self, reason: StreamEnd) -> Going {
        let data = serde_json::to_string(&StreamEnded { reason }).unwrap_or_default();
        self.write(event(self.follow.position(), StreamEvent::End, &data)).await
    }

    async fn write(&self, text: String) -> Going {
        tokio::select! {
            () = self.seat.closed() => Err(Over),
            sent = timeout(UNREAD, self.out.send(Bytes::from(text))) => match sent {
                Ok(Ok(())) => Ok(()),
                Ok(Err(_)) | Err(_) => Err(Over),
            },
        }
    }
}

/// Only behind the last event of a batch all of it has been told.
fn written(batch: &Batch) -> String {
    let last = batch.told.len().saturating_sub(1);
    let told = batch.told.iter().enumerate().map(|(number, one)| {
        let position = if number == last { batch.position } else { batch.before };
        event(position, one.change.subject.event(), &one.data)
    });
    told.collect()
}

/// JSON as serde writes it has no line break.
fn event(position: Position, name: StreamEvent, data: &str) -> String {
    format!("id: {}\nevent: {name}\ndata: {data}\n\n", position.encode())
}
