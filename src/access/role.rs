//! Roles, and the one table of what each may do (contract section 2).

use super::permission::Permission;

crate::codes! {
    pub enum Role {
        Accountant = "accountant",
        RefundClerk = "refund_clerk",
        SalesClerk = "sales_clerk",
        Cashier = "cashier",
        Auditor = "auditor",
        Admin = "admin",
    }
}

use Permission as P;

const ACCOUNTANT: &[P] = &[
    P::MovementsRead,
    P::OrdersRead,
    P::CorrectionsRead,
    P::RefundsRead,
    P::OutgoingPaymentsRead,
    P::CashDeskRead,
    P::LedgerRead,
    P::SettingsRead,
    P::ReconciliationRun,
    P::MovementsAssign,
    P::MovementsHide,
    P::OrdersWrite,
    P::OrdersCancel,
    P::CorrectionsWrite,
    P::CorrectionsFormalise,
    P::RefundsGenerate,
    P::RefundsApprove,
    P::RefundsSend,
    P::OutgoingPaymentsWrite,
    P::CashDeskOperate,
    P::CredentialsUse,
];
const REFUND_CLERK: &[P] = &[P::MovementsRead, P::OrdersRead, P::CorrectionsRead, P::RefundsRead, P::RefundsGenerate];
const SALES_CLERK: &[P] = &[P::OrdersRead, P::OrdersWrite, P::OrdersCancel, P::CorrectionsRead, P::CorrectionsWrite];
const CASHIER: &[P] = &[P::CashDeskRead, P::CashDeskOperate, P::OrdersRead, P::CorrectionsRead];
const AUDITOR: &[P] = &[
    P::MovementsRead,
    P::OrdersRead,
    P::CorrectionsRead,
    P::RefundsRead,
    P::OutgoingPaymentsRead,
    P::CashDeskRead,
    P::LedgerRead,
    P::SettingsRead,
    P::UsersRead,
    P::AuditRead,
];
const ADMIN: &[P] = &[
    P::MovementsRead,
    P::OrdersRead,
    P::CorrectionsRead,
    P::RefundsRead,
    P::OutgoingPaymentsRead,
    P::CashDeskRead,
    P::LedgerRead,
    P::SettingsRead,
    P::UsersRead,
    P::AuditRead,
    P::AccountsManage,
    P::SettingsManage,
    P::UsersManage,
    P::WebhooksManage,
    P::LicenceManage,
];

impl Role {
    pub const fn permissions(self) -> &'static [Permission] {
        match self {
            Self::Accountant => ACCOUNTANT,
            Self::RefundClerk => REFUND_CLERK,
            Self::SalesClerk => SALES_CLERK,
            Self::Cashier => CASHIER,
            Self::Auditor => AUDITOR,
            Self::Admin => ADMIN,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_administrator_moves_no_money_and_the_auditor_writes_nothing() {
        let reads = |permission: &&Permission| permission.as_str().ends_with(".read");
        assert!(Role::Auditor.permissions().iter().all(|permission| reads(&permission)));
        for forbidden in [Permission::RefundsSend, Permission::RefundsGenerate, Permission::MovementsAssign] {
            assert!(!Role::Admin.permissions().contains(&forbidden));
        }
    }
}
