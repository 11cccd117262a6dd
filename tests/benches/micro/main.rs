//! Micro-benchmarks of codecs and expressions, each on one batch of 4,096 rows of the benchmark's table `orders`.
//!
//! `cargo bench --workspace --bench micro` times them; `cargo xtask bench --instructions` counts their instructions,
//! which other programs on the machine do not change.
//!
//! Invariants:
//! - A case works on fresh input, which is made outside of what is measured.
//! - What is measured is one call of [`measured`], whose name the counting knows.
//! - No case needs a server, a clock or chance: two runs do the same.

mod engine;
mod files;
mod mysql;
mod orders;
mod postgres;
mod sqlite;
mod transform;
mod values;

use criterion::{BatchSize, Criterion, Throughput};

/// The readable list of what is measured.
fn main() {
    let orders = orders::batch();
    let mut criterion = Criterion::default().configure_from_args();
    postgres::cases(&mut criterion, &orders);
    mysql::cases(&mut criterion, &orders);
    files::cases(&mut criterion, &orders);
    sqlite::cases(&mut criterion, &orders);
    values::cases(&mut criterion, &orders);
    transform::cases(&mut criterion, &orders);
    engine::cases(&mut criterion, &orders);
    criterion.final_summary();
}

/// Calls what is measured, and nothing else.
#[inline(never)]
fn measured<I, O>(work: &mut impl FnMut(I) -> O, input: I) -> O {
    work(input)
}

/// A case: its group and name, how its input is made, and what is done with it.
fn case<I, O>(
    criterion: &mut Criterion,
    (group, name): (&str, &str),
    mut input: impl FnMut() -> I,
    mut work: impl FnMut(I) -> O,
) {
    let mut group = criterion.benchmark_group(group);
    group.throughput(Throughput::Elements(orders::ROWS as u64));
    group.bench_function(name, |bencher| {
        bencher.iter_batched(&mut input, |input| measured(&mut work, input), BatchSize::PerIteration);
    });
    group.finish();
}
