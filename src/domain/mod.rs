//! The rules, pure: no I/O, no async, no database, no HTTP, no clock. Everything a rule needs comes in as an
//! argument; what it decides goes out as a value or a refusal that names the rule.
#![deny(clippy::arithmetic_side_effects)]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "tests may count"))]

pub mod account;
pub mod approval;
pub mod assignment;
pub mod balance;
pub mod card_number;
pub mod codes;
pub mod continuity;
pub mod correction;
pub mod currency;
pub mod day;
pub mod document;
pub mod duplicate;
pub mod id;
pub mod installation;
pub mod job;
pub mod ledger;
pub mod licence;
pub mod matching;
pub mod money;
pub mod movement;
pub mod progress;
pub mod refund;
pub mod run;
pub mod statement_profile;
pub mod text;
