//! Background work on top of services: the worker's loop, and one small function per kind of job.

pub mod worker;

pub use worker::run_pending;
