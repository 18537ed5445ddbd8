//! What an error's text is about and why a value was refused, as codes: the German and English words for each live in
//! `handlers/problem`. A sentence in one language never travels in an error.

crate::codes! {
    /// What is not there.
    pub enum Kind {
        AccountMovement = "account_movement",
        Address = "address",
        Assignment = "assignment",
        AssignmentRun = "assignment_run",
        Cancellation = "cancellation",
        CancellationReason = "cancellation_reason",
        CorrectionLine = "correction_line",
        Customer = "customer",
        Invoice = "invoice",
        InvoiceCorrection = "invoice_correction",
        Job = "job",
        JournalEntry = "journal_entry",
        Order = "order",
        Payment = "payment",
        PaymentAccount = "payment_account",
        Problem = "problem",
        ReconciliationRun = "reconciliation_run",
        Refund = "refund",
        RefundAttempt = "refund_attempt",
        SandboxPayment = "sandbox_payment",
        StatementProfile = "statement_profile",
    }
}

crate::codes! {
    /// Why a value is wrong, a body cannot be read or a file cannot be imported.
    pub enum Reason {
        // Shape
        NeedsText = "needs_text",
        NeedsWholeNumber = "needs_whole_number",
        NeedsTrueOrFalse = "needs_true_or_false",
        NeedsList = "needs_list",
        NeedsObject = "needs_object",
        NotInList = "not_in_list",
        GivenTwice = "given_twice",
        NulCharacter = "nul_character",
        ControlCharacter = "control_character",
        Unreadable = "unreadable",
        // Values
        SeveralValues = "several_values",
        TextLength = "text_length",
        NumberRange = "number_range",
        TooMany = "too_many",
        NotADate = "not_a_date",
        NotAMonth = "not_a_month",
        NotAYear = "not_a_year",
        OnePeriodOnly = "one_period_only",
        RangeReversed = "range_reversed",
        NegativeBound = "negative_bound",
        OtherPrefix = "other_prefix",
        NotAnAmount = "not_an_amount",
        AmountTooLarge = "amount_too_large",
        NotAQuantity = "not_a_quantity",
        NotATaxRate = "not_a_tax_rate",
        NegativePrice = "negative_price",
        LineNamedTwice = "line_named_twice",
        NameNotClearable = "name_not_clearable",
        ProviderCannotSend = "provider_cannot_send",
        PasswordLength = "password_length",
        PasswordUnchanged = "password_unchanged",
        NotAFourEyesPolicy = "not_a_four_eyes_policy",
        // Web pages of other origins
        OriginUnlisted = "origin_unlisted",
        MethodUnlisted = "method_unlisted",
        HeaderUnlisted = "header_unlisted",
        // Bodies and files
        NoJson = "no_json",
        BrokenForm = "broken_form",
        BrokenStream = "broken_stream",
        FileEmpty = "file_empty",
        FileFormatUnknown = "file_format_unknown",
        FilePacked = "file_packed",
        OneFileOnly = "one_file_only",
        ProfileColumnMissing = "profile_column_missing",
        ProfileColumnName = "profile_column_name",
        ProfileMarksMissing = "profile_marks_missing",
        ProfileSignUnused = "profile_sign_unused",
        ProfileFirstRowMissing = "profile_first_row_missing",
        ProfileSameHeader = "profile_same_header",
        ProfileSample = "profile_sample",
    }
}
