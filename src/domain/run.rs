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

impl RunStatus {
    /// Whether something is being done. A run that waits for a file stays as it is: the import is a run of its own.
    pub const fn is_under_way(self) -> bool {
        match self {
            Self::Running => true,
            Self::Waiting | Self::Finished | Self::FinishedWithErrors | Self::Failed | Self::Cancelled => false,
        }
    }
}

/// The state of a run whose items are in these states and of which so many lines failed.
///
/// An item that needs a file keeps only a run waiting in which nothing else was to be done: a run over all accounts is
/// over when everything that could be fetched is, or one file account would keep it open for ever. The file comes by an
/// import, which is a run of its own.
pub fn run_status(items: &[(ItemStatus, i64)]) -> RunStatus {
    let any = |wanted: ItemStatus| items.iter().any(|(status, _)| *status == wanted);
    let all_but_files =
        |wanted: ItemStatus| items.iter().all(|(status, _)| *status == wanted || *status == ItemStatus::NeedsFile);
    if any(ItemStatus::Running) {
        RunStatus::Running
    } else if any(ItemStatus::NeedsCredentials) || (!items.is_empty() && all_but_files(ItemStatus::NeedsFile)) {
        RunStatus::Waiting
    } else if !items.is_empty() && all_but_files(ItemStatus::Failed) {
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
        assert_eq!(run_status(&[(NeedsFile, 0), (Running, 0)]), RunStatus::Running);
        assert_eq!(run_status(&[(NeedsFile, 0), (NeedsFile, 0)]), RunStatus::Waiting);
        assert_eq!(run_status(&[(NeedsFile, 0), (NeedsCredentials, 0), (Done, 0)]), RunStatus::Waiting);
        assert_eq!(run_status(&[(NeedsFile, 0), (Done, 0)]), RunStatus::Finished);
        assert_eq!(run_status(&[(NeedsFile, 0), (Done, 1)]), RunStatus::FinishedWithErrors);
        assert_eq!(run_status(&[(NeedsFile, 0), (Failed, 0)]), RunStatus::Failed);
        assert_eq!(run_status(&[]), RunStatus::Finished);
        assert_eq!(run_status(&[(Done, 0), (Done, 0)]), RunStatus::Finished);
        assert_eq!(run_status(&[(Done, 2)]), RunStatus::FinishedWithErrors);
        assert_eq!(run_status(&[(Failed, 0), (Done, 0)]), RunStatus::FinishedWithErrors);
        assert_eq!(run_status(&[(Failed, 0)]), RunStatus::Failed);
    }
}
