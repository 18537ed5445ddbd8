//! What tests are written with: a database ([`db`]), a running server ([`app`]), callers ([`client`]), what they get
//! back ([`answer`]), and the comparison of every answer with the OpenAPI document ([`contract`]).

pub mod answer;
pub mod app;
pub mod archive;
pub mod builders;
pub mod client;
pub mod contract;
pub mod db;
pub mod document;
pub mod guides;
pub mod licence;
pub mod postgres;
pub mod provoked;
pub mod shop;
pub mod stream;
pub mod strict;
