//! How far an import is: a bar at a terminal, one line of JSON for each step elsewhere. Both go to standard error.

use std::io::{IsTerminal, Write};

use heller::app::Lang;
use heller::views::runs::ItemView;
use serde_json::json;

use super::words;

/// Characters of the bar.
const WIDTH: u64 = 30;

enum Style {
    Bar,
    Lines,
    Silent,
}

/// Shows steps, each once.
pub struct Progress {
    style: Style,
    lang: Lang,
    last: String,
}

impl Progress {
    /// At a terminal always; elsewhere when it is asked for.
    pub fn new(asked: bool, lang: Lang) -> Self {
        let style = match (std::io::stderr().is_terminal(), asked) {
            (true, _) => Style::Bar,
            (false, true) => Style::Lines,
            (false, false) => Style::Silent,
        };
        Self { style, lang, last: String::new() }
    }

    /// Bytes of the file that are stored.
    pub fn reading(&mut self, done: u64, total: u64) {
        let line = json!({ "phase": "reading", "bytes": done, "bytes_total": total });
        let phase = self.lang.pick(("reading", "liest"));
        self.show(line.to_string(), (phase, done, Some(total)));
    }

    pub fn item(&mut self, item: &ItemView) {
        let (done, total) = (item.progress.done, item.progress.total);
        let line = json!({ "phase": item.phase, "lines": done, "lines_total": total, "counts": item.counts });
        let count = |number: i64| u64::try_from(number).unwrap_or(0);
        self.show(line.to_string(), (words::phase(item.phase, self.lang), count(done), total.map(count)));
    }

    fn show(&mut self, line: String, (phase, done, total): (&str, u64, Option<u64>)) {
        if line == self.last {
            return;
        }
        let mut err = std::io::stderr().lock();
        match self.style {
            // A terminal that has gone away is no reason to stop an import.
            Style::Bar => write!(err, "\r\x1b[K{}", bar(phase, done, total)).and_then(|()| err.flush()).ok(),
            Style::Lines => writeln!(err, "{line}").ok(),
            Style::Silent => None,
        };
        self.last = line;
    }

    /// Leaves the bar's line.
    pub fn end(&self) {
        if matches!(self.style, Style::Bar) && !self.last.is_empty() {
            writeln!(std::io::stderr().lock()).ok();
        }
    }
}

fn bar(phase: &str, done: u64, total: Option<u64>) -> String {
    let part = |whole: u64| total.and_then(|total| done.min(total).saturating_mul(whole).checked_div(total));
    match (total, part(WIDTH), part(100)) {
        (Some(total), Some(filled), Some(percent)) => {
            let filled = usize::try_from(filled).unwrap_or(0);
            let width = usize::try_from(WIDTH).unwrap_or(0);
            format!("[{:<width$}] {percent:>3} %  {phase} {done}/{total}", "#".repeat(filled))
        }
        _ => format!("{phase} {done}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_is_as_full_as_the_work_is_done() {
        assert_eq!(bar("importing", 0, None), "importing 0");
        assert_eq!(bar("importing", 5, Some(10)), format!("[{:<30}]  50 %  importing 5/10", "#".repeat(15)));
        assert_eq!(bar("importing", 10, Some(10)), format!("[{}] 100 %  importing 10/10", "#".repeat(30)));
        assert_eq!(bar("importing", 0, Some(0)), "importing 0");
    }
}
