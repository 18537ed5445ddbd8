//! CPU time and memory of processes, as Linux tells them under `/proc`. Elsewhere there is nothing to read and the
//! figures are absent.

use std::fs;

/// The kernel counts in hundredths of a second, whatever its own tick is.
const MICROS_PER_TICK: u64 = 10_000;

/// Times of one process, in microseconds.
#[derive(Debug, Clone, Copy, Default)]
struct Times {
    parent: u32,
    own: u64,
    /// Of children that have ended and were waited for.
    ended_children: u64,
}

fn times(pid: &str) -> Option<Times> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name stands in brackets and may hold anything; what follows has fixed places.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let micros = |place: usize| fields.get(place)?.parse::<u64>().ok().map(|ticks| ticks * MICROS_PER_TICK);
    Some(Times {
        parent: fields.get(1)?.parse().ok()?,
        own: micros(11)? + micros(12)?,
        ended_children: micros(13)? + micros(14)?,
    })
}

/// What a process has used.
pub fn of_process(pid: u32) -> Option<u64> {
    times(&pid.to_string()).map(|times| times.own)
}

/// What this process has used, and what its ended children have.
pub fn of_ourselves() -> Option<(u64, u64)> {
    times("self").map(|times| (times.own, times.ended_children))
}

/// What a process and its children have used, those that have ended included.
pub fn of_family(pid: u32) -> Option<u64> {
    let parent = times(&pid.to_string())?;
    let mut sum = parent.own + parent.ended_children;
    for entry in fs::read_dir("/proc").ok()?.flatten() {
        let name = entry.file_name();
        let Some(child) = name.to_str().filter(|name| name.bytes().all(|byte| byte.is_ascii_digit())) else { continue };
        if let Some(times) = times(child).filter(|times| times.parent == pid) {
            sum += times.own;
        }
    }
    Some(sum)
}

/// A line of `/proc/PID/status` in KiB: `VmRSS` is the memory in use, `VmHWM` the most there ever was.
pub fn memory_kib(pid: u32, line: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let found = status.lines().find_map(|text| text.strip_prefix(line)?.strip_prefix(':'))?;
    found.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_has_times_and_memory() {
        let pid = std::process::id();
        assert!(of_process(pid).is_some() && of_ourselves().is_some());
        assert!(of_family(pid) >= of_process(pid));
        assert!(memory_kib(pid, "VmRSS").is_some_and(|kib| kib > 100));
    }
}
