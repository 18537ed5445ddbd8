//! Payment accounts: where money arrives and leaves, and what each provider can do.

crate::codes! {
    pub enum ProviderKind {
        BankFile = "bank_file",
        Fints = "fints",
        Paypal = "paypal",
        Mollie = "mollie",
        AmazonPay = "amazon_pay",
        Sandbox = "sandbox",
        Cash = "cash",
    }
    /// Why an account that nobody watches is not fetched any more: its provider wants a person (feature 15).
    pub enum LockReason {
        ConfirmationRequired = "confirmation_required",
        CredentialsInvalid = "credentials_invalid",
    }
}

/// Where the movements of an account come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feed {
    /// Statement files that somebody uploads.
    File,
    /// Fetched from the provider.
    Provider,
    /// There is no adapter in this version.
    None,
}

impl ProviderKind {
    pub const fn feed(self) -> Feed {
        match self {
            Self::BankFile => Feed::File,
            Self::Sandbox => Feed::Provider,
            Self::Fints | Self::Paypal | Self::Mollie | Self::AmazonPay | Self::Cash => Feed::None,
        }
    }

    /// Whether this version has an adapter that can send money back.
    pub const fn has_sender(self) -> bool {
        match self {
            Self::Sandbox => true,
            Self::BankFile | Self::Fints | Self::Paypal | Self::Mollie | Self::AmazonPay | Self::Cash => false,
        }
    }
}
