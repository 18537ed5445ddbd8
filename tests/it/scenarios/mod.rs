//! The acceptance scenarios of domain.md section 4.C, by their numbers, over HTTP. The sandbox account stands for PayPal
//! and Mollie, a CAMT movement for CSV; four eyes are off. AC-27 (vouchers) comes with vouchers.

mod cancellations;
mod corrections;
mod elsewhere;
mod filters;
mod licence;
mod movements;
mod refunds;
mod sending;
