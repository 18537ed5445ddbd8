//! Which of the three messages with bookings is it, and what are things called in each?

/// The messages that tell an account's owner of bookings. Their entries are the same, what stands around them is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// camt.052, an interim report: what has happened so far today, announced and booked.
    Report,
    /// camt.053, the statement of an account.
    Statement,
    /// camt.054, a notification of single bookings, such as the parts of a batch.
    Notification,
}

impl Family {
    const ALL: [Self; 3] = [Self::Report, Self::Statement, Self::Notification];

    /// The message's number in ISO 20022, as people name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Report => "camt.052",
            Self::Statement => "camt.053",
            Self::Notification => "camt.054",
        }
    }

    /// The element that holds the message.
    pub(super) const fn message(self) -> &'static str {
        match self {
            Self::Report => "BkToCstmrAcctRpt",
            Self::Statement => "BkToCstmrStmt",
            Self::Notification => "BkToCstmrDbtCdtNtfctn",
        }
    }

    /// The element that holds what belongs to one account.
    pub(super) const fn body(self) -> &'static str {
        match self {
            Self::Report => "Rpt",
            Self::Statement => "Stmt",
            Self::Notification => "Ntfctn",
        }
    }

    /// Where a file names the account.
    pub const fn account_field(self) -> &'static str {
        match self {
            Self::Report => "Rpt/Acct/Id",
            Self::Statement => "Stmt/Acct/Id",
            Self::Notification => "Ntfctn/Acct/Id",
        }
    }

    pub(super) fn of_message(element: &str) -> Option<Self> {
        // The first version carries its number in the name.
        let name = element.strip_suffix("V01").unwrap_or(element);
        Self::ALL.into_iter().find(|family| family.message() == name)
    }

    pub(super) fn of_namespace(namespace: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|family| namespace.contains(family.name()))
    }

    /// Tells the message by the beginning of a file, from its root element on: by the message's element, or by the
    /// namespace where that is further down.
    pub(in crate::importers) fn detect(root: &str) -> Option<Self> {
        let by_element = || Self::ALL.into_iter().find(|family| root.contains(family.message()));
        by_element().or_else(|| Self::of_namespace(root))
    }

    /// The version of a namespace that is none of those we know.
    pub(super) fn unknown_version(self, namespace: &str) -> bool {
        let version = namespace.split_once(self.name()).and_then(|(_, version)| version.strip_prefix(".001."));
        let number = version.and_then(|version| version.get(..2)?.parse::<u8>().ok());
        number.is_some_and(|number| !(1..=13).contains(&number))
    }
}
