//! States of reconciliation and assignment runs (domain.md SM11, contract section 11).

crate::codes! {
    pub enum RunStatus {
        Waiting = "waiting",
        Running = "running",
        Finished = "finished",
        FinishedWithErrors = "finished_with_errors",
        Failed = "failed",
        Cancelled = "cancelled",
    }
    pub enum ItemStatus {
        NeedsFile = "needs_file",
        NeedsCredentials = "needs_credentials",
        Running = "running",
        Done = "done",
        Failed = "failed",
    }
    pub enum Phase {
        Queued = "queued",
        Checking = "checking",
        Importing = "importing",
        Fetching = "fetching",
        Assigning = "assigning",
        Done = "done",
    }
    pub enum LogLevel {
        Info = "info",
        Warning = "warning",
        Error = "error",
    }
}

/// The state of a run whose items are in these states and of which so many lines failed.
pub fn run_status(items: &[(ItemStatus, i64)]) -> RunStatus {
    let any = |wanted: ItemStatus| items.iter().any(|(status, _)| *status == wanted);
    if any(ItemStatus::Running) {
        RunStatus::Running
    } else if any(ItemStatus::NeedsFile) || any(ItemStatus::NeedsCredentials) {
        RunStatus::Waiting
    } else if !items.is_empty() && items.iter().all(|(status, _)| *status == ItemStatus::Failed) {
        RunStatus::Failed
    } else if any(ItemStatus::Failed) || items.iter().any(|(_, failed)| *failed > 0) {
        RunStatus::FinishedWithErrors
    } else {
        RunStatus::Finished
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_what_its_items_are() {
        use ItemStatus::*;
        assert_eq!(run_status(&[(Running, 0), (Done, 0)]), RunStatus::Running);
        assert_eq!(run_status(&[(NeedsFile, 0), (Done, 0)]), RunStatus::Waiting);
        assert_eq!(run_status(&[(Done, 0), (Done, 0)]), RunStatus::Finished);
        assert_eq!(run_status(&[(Done, 2)]), RunStatus::FinishedWithErrors);
        assert_eq!(run_status(&[(Failed, 0), (Done, 0)]), RunStatus::FinishedWithErrors);
        assert_eq!(run_status(&[(Failed, 0)]), RunStatus::Failed);
    }
}
