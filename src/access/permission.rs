//! The permissions, and the families they open. They are the OAuth scopes too.

crate::codes! {
    pub enum Permission {
        MovementsRead = "movements.read",
        OrdersRead = "orders.read",
        CorrectionsRead = "corrections.read",
        RefundsRead = "refunds.read",
        OutgoingPaymentsRead = "outgoing_payments.read",
        CashDeskRead = "cash_desk.read",
        LedgerRead = "ledger.read",
        SettingsRead = "settings.read",
        UsersRead = "users.read",
        AuditRead = "audit.read",
        ReconciliationRun = "reconciliation.run",
        MovementsAssign = "movements.assign",
        MovementsHide = "movements.hide",
        OrdersWrite = "orders.write",
        OrdersCancel = "orders.cancel",
        CorrectionsWrite = "corrections.write",
        CorrectionsFormalise = "corrections.formalise",
        RefundsGenerate = "refunds.generate",
        RefundsApprove = "refunds.approve",
        RefundsSend = "refunds.send",
        OutgoingPaymentsWrite = "outgoing_payments.write",
        CashDeskOperate = "cash_desk.operate",
        CredentialsUse = "credentials.use",
        AccountsManage = "accounts.manage",
        SettingsManage = "settings.manage",
        UsersManage = "users.manage",
        WebhooksManage = "webhooks.manage",
        LicenceManage = "licence.manage",
    }
}
