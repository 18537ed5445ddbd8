//! The kill harness: the built program is killed with SIGKILL at random moments while refunds are being sent through
//! every behaviour of the sandbox provider. Then the provider's own record and our API must agree: no refund lost, none
//! paid twice, none stuck.
//!
//! `HELLER_TEST_DB` chooses the database as for all tests. `HELLER_KILL_COUNT` is how often it is killed (100),
//! `HELLER_KILL_SEED` repeats the moments and behaviours of an earlier run; the seed is printed. Everything goes over
//! HTTP and the command line, as a user would do it; only the provider's file is read directly at the end.
//!
//! This test is about real processes in real time, so it alone among the tests sleeps: between kills, and to poll.
//! `cargo xtask faults` proves that it can fail.

#![cfg(test)]

mod api;
mod clients;
#[path = "../it/support/db.rs"]
#[expect(dead_code, reason = "shared with the integration tests, which use all of it")]
mod db;
mod plan;
#[path = "../it/support/postgres.rs"]
mod postgres;
mod proof;
mod server;
mod stage;

use std::sync::Arc;
use std::time::{Duration, Instant};

use clients::{Clients, Refund};
use plan::{Dice, Plan};
use server::Server;
use stage::Stage;

/// Longest run on one database.
const LIMIT: Duration = Duration::from_mins(3);
/// When the server dies, counted from the moment it is ready.
const ALIVE_MS: std::ops::RangeInclusive<u64> = 5..=400;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_while_it_sends_loses_nothing_and_pays_nothing_twice() {
    let plan = Plan::from_environment();
    println!("{plan}");
    let run = tokio::time::timeout(LIMIT, kill_and_prove(&plan)).await;
    run.unwrap_or_else(|_| panic!("not done within {} s; {plan}", LIMIT.as_secs()));
}

async fn kill_and_prove(plan: &Plan) {
    let begun = Instant::now();
    let db = db::TestDb::fresh().await;
    let mut server = Server::install(&db).await;
    let mut stage = Stage::build(&server).await;
    let clients = Arc::new(Clients::new(stage.accountant.clone(), stage.account.clone(), plan.seed));
    let mut dice = Dice::new(plan.seed, "killer");
    let (mut refunds, mut rounds, mut kills) = (Vec::new(), 0, 0);
    loop {
        rounds += 1;
        let round = stage.round(rounds).await;
        let sending = tokio::spawn(Arc::clone(&clients).send_round(round, rounds));
        let killing = Killing { server: &mut server, dice: &mut dice, left: plan.kills - kills };
        let (sent, killed) = killing.until_sent(sending).await;
        refunds.extend(sent);
        kills += killed;
        if kills >= plan.kills {
            break;
        }
    }
    let killed = begun.elapsed();
    clients.settle(&mut refunds).await;
    println!(
        "{kills} kills in {rounds} rounds, {:.1} s; settled after {:.1} s; restart {} ms on average\n{}",
        killed.as_secs_f64(),
        begun.elapsed().as_secs_f64(),
        server.mean_start_ms(),
        clients.tally
    );
    proof::prove(&stage, &refunds, server).await;
    if plan.is_long() {
        clients.tally.expect_everything_seen();
    }
    println!("proven after {:.1} s: {} refunds, each paid once", begun.elapsed().as_secs_f64(), refunds.len());
}

/// Kills while clients are sending, and only then.
struct Killing<'a> {
    server: &'a mut Server,
    dice: &'a mut Dice,
    left: usize,
}

impl Killing<'_> {
    /// Until the clients are done; answers what they sent, and how often the server died.
    async fn until_sent(self, mut sending: tokio::task::JoinHandle<Vec<Refund>>) -> (Vec<Refund>, usize) {
        let mut kills = 0;
        while kills < self.left {
            // The earlier of two throws: the clients are back at once, so most happens right after a start.
            let alive = self.dice.between(ALIVE_MS).min(self.dice.between(ALIVE_MS));
            let alive = Duration::from_millis(alive);
            tokio::select! {
                sent = &mut sending => return (expect(sent), kills),
                () = tokio::time::sleep(alive) => {}
            }
            self.server.kill();
            self.server.start().await;
            kills += 1;
        }
        (expect(sending.await), kills)
    }
}

fn expect(sent: Result<Vec<Refund>, tokio::task::JoinError>) -> Vec<Refund> {
    sent.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}
