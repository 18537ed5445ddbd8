//! Lines of a file on their way into the database: whose they are, what they are known by, and in which batch they go.

use std::collections::HashSet;

use super::Counts;
use super::balances::Balances;
use super::ownership::{Ownership, Standing};
use super::plan::{self, Identity, NewMovement};
use crate::domain::card_number;
use crate::domain::id::FileId;
use crate::domain::movement::{BookingType, Delivered, ImportChannel};
use crate::entities::payment_account;
use crate::importers::fingerprint::Fingerprints;
use crate::importers::{Format, LineKind, LineStatus, Part, StatementEvent, StatementLine};

/// Lines on their way into the database.
pub(super) struct Lines {
    ownership: Ownership,
    file: FileId,
    channel: ImportChannel,
    labelled: HashSet<Option<String>>,
    version_1: bool,
    pub(super) balances: Balances,
    standing: Standing,
    fingerprints: Fingerprints,
    /// The file of an archive they are from.
    part: Option<String>,
    /// Lines that an earlier try stored.
    skip: i64,
    batch: Batch,
    lines: usize,
}

#[derive(Default)]
pub(super) struct Batch {
    pub(super) rows: Vec<NewMovement>,
    /// Lines of other accounts and currencies; the first pass has logged them.
    pub(super) refused: Counts,
    /// Lines of the file that are done after this batch.
    pub(super) done: i64,
}

impl Batch {
    /// Of its lines, where they have one.
    pub(super) fn cores(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().filter_map(|row| match &row.identity {
            Identity::Content(key) => Some(key.core.as_str()),
            Identity::Given(_) => None,
        })
    }
}

impl Lines {
    pub(super) fn new(
        ownership: Ownership,
        (file, channel): (FileId, ImportChannel),
        (labelled, version_1): (HashSet<Option<String>>, bool),
        skip: i64,
    ) -> Self {
        let standing = Standing::Own;
        let fingerprints = fingerprints(labelled.contains(&None), version_1);
        let batch = Batch::default();
        Self {
            balances: Balances::default(),
            ownership,
            file,
            channel,
            standing,
            labelled,
            version_1,
            fingerprints,
            part: None,
            skip,
            batch,
            lines: 0,
        }
    }

    pub(super) fn take(&mut self, event: StatementEvent, account: &payment_account::Model) {
        if let StatementEvent::Statement(header) = &event {
            self.standing = self.ownership.judge(header);
        }
        self.balances.see(&event, (self.standing == Standing::Own, self.part.as_ref()));
        match event {
            StatementEvent::Part(part) => self.begin_part(part),
            StatementEvent::Line(line) => self.take_line(*line, account),
            StatementEvent::Statement(_) | StatementEvent::Issue(_) | StatementEvent::StatementEnd(_) => {}
        }
    }

    /// A file of an archive counts its equal lines for itself: two files may tell of the same days.
    fn begin_part(&mut self, part: Part) {
        self.channel = part.format.map_or(self.channel, Format::channel);
        self.part = Some(part.name);
        self.fingerprints = fingerprints(self.labelled.contains(&self.part), self.version_1);
    }

    fn take_line(&mut self, line: StatementLine, account: &payment_account::Model) {
        let own = self.standing == Standing::Own && line.amount.currency() == account.currency;
        // Equal lines are counted from the start of the file, whatever an earlier try has stored.
        let row = own.then(|| NewMovement {
            file_part: self.part.clone(),
            ..new_movement(line, (self.file, self.channel), &mut self.fingerprints)
        });
        self.batch.done = self.batch.done.saturating_add(1);
        if self.batch.done <= self.skip {
            return;
        }
        self.lines = self.lines.saturating_add(1);
        match row {
            Some(row) => self.batch.rows.push(row),
            None => self.batch.refused = self.batch.refused.plus(Counts { read: 1, failed: 1, ..Counts::default() }),
        }
    }

    pub(super) const fn waiting(&self) -> usize {
        self.lines
    }

    pub(super) fn batch(&mut self) -> Batch {
        self.lines = 0;
        let done = self.batch.done;
        std::mem::replace(&mut self.batch, Batch { done, ..Batch::default() })
    }
}

pub(super) fn new_movement(
    line: StatementLine,
    (file, channel): (FileId, ImportChannel),
    fingerprints: &mut Fingerprints,
) -> NewMovement {
    // Every line that comes here is of the one account, by whatever number its statement names it.
    let line = StatementLine { account_iban: None, account_other: None, ..line };
    let key = fingerprints.key(&line);
    NewMovement {
        identity: Identity::Content(key),
        booking_date: line.booking_date,
        value_date: line.value_date,
        amount: line.amount,
        booking_type: booking_type(line.kind, line.status),
        delivered: match line.status {
            LineStatus::Booked => Delivered::Final,
            LineStatus::Pending => Delivered::Pending,
        },
        status_text: line.return_reason,
        counterparty_name: line.counterparty_name.map(without_cards),
        counterparty_iban: line.counterparty_iban,
        counterparty_bic: line.counterparty_bic,
        purpose: line.purpose.map(without_cards),
        reference: line.reference,
        end_to_end_id: line.end_to_end_id,
        mandate_id: line.mandate_id,
        related_transaction_id: None,
        channel,
        source_line: i64::try_from(line.source_line).ok(),
        purpose_raw: line.purpose_raw.map(without_cards),
        bank_reference: line.bank_reference,
        transaction_code: line.transaction_code,
        source: Some(plan::Source { file, span: line.span }),
        place: Some(line.ordinal),
        fee_of: line.fee_of,
        file_part: None,
    }
}

/// Free texts are kept without the numbers of cards in them. Ids that are matched by stay as they are.
pub(super) fn without_cards(text: String) -> String {
    card_number::mask(&text).into_owned()
}

fn fingerprints(labelled: bool, version_1: bool) -> Fingerprints {
    let fingerprints = Fingerprints::new(labelled);
    if version_1 { fingerprints.with_version_1() } else { fingerprints }
}

pub(super) fn is_charges(event: &StatementEvent) -> bool {
    matches!(event, StatementEvent::Line(line) if line.fee_of.is_some())
}

const fn booking_type(kind: LineKind, status: LineStatus) -> BookingType {
    match (kind, status) {
        (LineKind::Incoming, _) => BookingType::Incoming,
        (LineKind::Outgoing, _) => BookingType::Outgoing,
        (LineKind::DirectDebit, LineStatus::Pending) => BookingType::SepaPrenoted,
        (LineKind::DirectDebit, LineStatus::Booked) => BookingType::SepaDirectDebit,
        (LineKind::Chargeback, _) => BookingType::BankChargeback,
        (LineKind::Fee, _) => BookingType::Fee,
    }
}
