//! What is printed: a table per database, and a line about the process.

use std::time::Duration;

use crate::dialect::Dialect;
use crate::http::Measured;
use crate::import::Imported;
use crate::imports::Loaded;
use crate::install::Idle;
use crate::raw::Work;
use crate::{Options, Suite};

/// An assignment below this share of the raw work hides a factor somewhere.
const ENOUGH: f64 = 0.5;
/// More bytes than this no import may take.
const MEMORY_MAX: u64 = 200_000_000;

/// CPU time used so far, in microseconds; absent where it cannot be read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cpu {
    pub server: Option<u64>,
    pub database: Option<u64>,
    pub client: Option<u64>,
}

/// One round with the CPU time it took.
#[derive(Debug)]
pub struct Round {
    measured: Measured,
    used: Cpu,
}

impl Round {
    pub fn new(measured: Measured, before: Cpu, after: Cpu) -> Self {
        let used = |before: Option<u64>, after: Option<u64>| Some(after?.saturating_sub(before?));
        let used = Cpu {
            server: used(before.server, after.server),
            database: used(before.database, after.database),
            client: used(before.client, after.client),
        };
        Self { measured, used }
    }
}

/// All rounds of one work: heller's and the raw one, in pairs.
#[derive(Debug)]
pub struct WorkReport {
    pub work: Work,
    pub pairs: Vec<(Round, Round)>,
    /// Beside each pair, where the same JSON is made by hand.
    pub by_hand: Vec<Round>,
}

pub fn headline(dialect: Dialect, options: &Options, seeded: Duration) {
    if options.suite == Suite::Imports {
        let name = match dialect {
            Dialect::Sqlite => "SQLite, synchronous FULL; raw: INSERT … SELECT, one transaction",
            Dialect::Postgres => "PostgreSQL, synchronous_commit on; raw: COPY, one transaction",
        };
        println!("== {name}\nstatement files of {} lines, each from upload to searchable", options.movements());
        return;
    }
    let name = match dialect {
        Dialect::Sqlite => "SQLite, synchronous FULL; raw: one writer, one commit per command",
        Dialect::Postgres => "PostgreSQL, synchronous_commit on; raw: pgbench, prepared",
    };
    println!("== {name}");
    println!(
        "{} movements and orders (seeded in {:.1} s), {} clients, {} pairs of rounds of {} s",
        options.movements(),
        seeded.as_secs_f64(),
        options.clients,
        options.pairs,
        options.seconds
    );
}

const COLUMNS: [&str; 11] = [
    "work",
    "heller/s",
    "raw/s",
    "ratio (spread)",
    "by hand/s",
    "ratio (spread)",
    "CPU us/op: server",
    "database",
    "raw database",
    "p50/p99 ms",
    "raw p50/p99",
];

/// Prints the table, and below it whatever went wrong.
pub fn table(reports: &[WorkReport]) {
    let mut rows = vec![COLUMNS.map(str::to_owned).to_vec()];
    rows.extend(reports.iter().map(|report| report.row().to_vec()));
    print_aligned(&rows);
    for report in reports {
        report.complain();
    }
}

fn print_aligned(rows: &[Vec<String>]) {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    for row in rows {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}", width = *width)).collect();
        println!("{}", cells.join("  ").trim_end());
    }
}

impl WorkReport {
    fn row(&self) -> [String; 11] {
        let (ours, raw) = (self.ours(), self.raw());
        let (ratio, spread) = ratios(self.pairs.iter().map(|(ours, raw)| (ours, raw)));
        let by_hand: Vec<&Round> = self.by_hand.iter().collect();
        let (hand, hand_spread) = ratios(self.pairs.iter().map(|(ours, _)| ours).zip(&self.by_hand));
        let (hand_rate, hand) = match by_hand.is_empty() {
            true => ("-".to_owned(), "-".to_owned()),
            false => (rate(&by_hand), format!("{hand:.2} {hand_spread}")),
        };
        let judged = match self.work {
            Work::Assign if ratio >= ENOUGH => " ok",
            Work::Assign => " LOW",
            Work::Refund | Work::List | Work::Find(_) => "",
        };
        [
            self.work.title().to_owned(),
            rate(&ours),
            rate(&raw),
            format!("{ratio:.2} {spread}{judged}"),
            hand_rate,
            hand,
            per_operation(&ours, |used| used.server),
            per_operation(&ours, |used| used.database),
            per_operation(&raw, |used| used.database.or(used.client)),
            percentiles(&ours),
            percentiles(&raw),
        ]
    }

    fn ours(&self) -> Vec<&Round> {
        self.pairs.iter().map(|(ours, _)| ours).collect()
    }

    fn raw(&self) -> Vec<&Round> {
        self.pairs.iter().map(|(_, raw)| raw).collect()
    }

    fn complain(&self) {
        for (who, rounds) in [("heller", self.ours()), ("raw", self.raw())] {
            let failed: u32 = rounds.iter().map(|round| round.measured.failed).sum();
            let first = rounds.iter().find_map(|round| round.measured.complaint.as_deref());
            if let Some(first) = first {
                println!("{}: {failed} of {who}'s failed, the first with: {first}", self.work.title());
            }
        }
    }
}

/// Median of the ratios of rounds that followed each other, and the spread.
fn ratios<'a>(pairs: impl Iterator<Item = (&'a Round, &'a Round)>) -> (f64, String) {
    let mut ratios: Vec<f64> =
        pairs.map(|(ours, other)| ours.measured.per_second() / other.measured.per_second()).collect();
    let ratio = median(&mut ratios);
    let (low, high) = (ratios.first().copied().unwrap_or(0.0), ratios.last().copied().unwrap_or(0.0));
    (ratio, format!("({low:.2}-{high:.2})"))
}

fn rate(rounds: &[&Round]) -> String {
    let mut rates: Vec<f64> = rounds.iter().map(|round| round.measured.per_second()).collect();
    format!("{:.0}", median(&mut rates))
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

/// Median over the rounds of microseconds per operation.
fn per_operation(rounds: &[&Round], which: impl Fn(Cpu) -> Option<u64>) -> String {
    let of_round = |round: &&Round| {
        let micros = u32::try_from(which(round.used)?).ok()?;
        (round.measured.done > 0).then(|| f64::from(micros) / f64::from(round.measured.done))
    };
    let mut each: Vec<f64> = rounds.iter().filter_map(of_round).collect();
    if each.is_empty() { "-".to_owned() } else { format!("{:.0}", median(&mut each)) }
}

/// Over all rounds together.
fn percentiles(rounds: &[&Round]) -> String {
    let mut all: Vec<u32> = rounds.iter().flat_map(|round| round.measured.latencies_us.iter().copied()).collect();
    all.sort_unstable();
    let at = |percent: usize| {
        let micros = all.get(all.len().saturating_sub(1) * percent / 100).copied().unwrap_or(0);
        f64::from(micros) / 1000.0
    };
    format!("{:.1}/{:.1}", at(50), at(99))
}

/// Memory in MiB.
fn mib(kib: Option<u64>) -> String {
    let kib = kib.and_then(|kib| u32::try_from(kib).ok());
    kib.map_or_else(|| "-".to_owned(), |kib| format!("{:.1}", f64::from(kib) / 1024.0))
}

/// One large file.
pub fn import(imported: &Imported) {
    let judged = match imported.peak_kib {
        Some(kib) if kib * 1024 < MEMORY_MAX => " ok",
        Some(_) => " HIGH",
        None => "",
    };
    println!(
        "import, {} ({} MB): {}, {} created, {:.1} s, {} MiB at most (under {} MB){judged}",
        imported.what,
        imported.bytes / 1_000_000,
        imported.status,
        imported.created,
        imported.took.as_secs_f64(),
        mib(imported.peak_kib),
        MEMORY_MAX / 1_000_000,
    );
}

/// Files of each format.
pub fn imports(loaded: &[Loaded]) {
    const COLUMNS: [&str; 6] = ["format", "MB", "lines/s", "raw lines/s", "ratio", "peak MiB above idle"];
    let mut rows = vec![COLUMNS.map(str::to_owned).to_vec()];
    for one in loaded {
        let lines = u32::try_from(one.lines).map_or(0.0, f64::from);
        let (ours, raw) = (lines / one.import.took.as_secs_f64(), lines / one.raw.as_secs_f64());
        let above = one.import.peak_kib.zip(one.idle_kib).map(|(peak, idle)| peak.saturating_sub(idle));
        let judged = if one.import.created == one.lines { "" } else { " NOT ALL" };
        rows.push(vec![
            one.format.title().to_owned(),
            (one.import.bytes / 1_000_000).to_string(),
            format!("{ours:.0}{judged}"),
            format!("{raw:.0}"),
            format!("{:.2}", ours / raw),
            mib(above),
        ]);
    }
    print_aligned(&rows);
}

/// Start and memory.
pub fn process(idle: &Idle, loaded_kib: Option<u64>) {
    let mut starts: Vec<f64> = idle.ready.iter().map(|ready| ready.as_secs_f64() * 1000.0).collect();
    let start = median(&mut starts);
    let (low, high) = (starts.first().copied().unwrap_or(0.0), starts.last().copied().unwrap_or(0.0));
    println!("start to ready on this database: {start:.0} ms ({low:.0}-{high:.0})");
    println!("memory: {} MiB idle, {} MiB at most under this load", mib(idle.rss_kib), mib(loaded_kib));
}

/// `heller verify` in one line; it has exit code 0 when this is called.
pub fn proven(told: &str) -> String {
    format!("heller verify: {} checks ok", told.lines().filter(|line| line.starts_with("ok")).count())
}
