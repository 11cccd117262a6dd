//! Whether a target holds what it should, without moving what is equal: sums of both ends first, and the rows
//! themselves only where the sums differ.
//!
//! Invariants:
//! - Nothing is written, unless differences are to be repaired.
//! - What differs is decided on fetched values. Sums only decide what is fetched: where they are equal the rows are.
//! - Each end is one consistent view. Rows that have not been synced yet are no difference, nor are those that a run
//!   set aside.
//! - Rows in memory are bounded: buckets are looked at a few at a time.

mod canonical;
mod compare;
mod groups;
mod layout;
mod repair;
mod report;
mod scope;
mod side;

use syncapp_connector::{Receipt, Source, StreamRef, Target, TargetShape};
use syncapp_model::sync_file::{SchemaChanges, Write};
use syncapp_model::{Code, Error, Result};
use syncapp_transform::Program;
use tokio::sync::mpsc::UnboundedSender;

use self::compare::{Finding, Landing, differences};
use self::groups::Groups;
use self::layout::{Ask, Layout};
use self::repair::Repair;
pub use self::report::{By, Cell, Difference, Kind, Verdict, Verified};
use self::scope::Scope;
use self::side::Side;
use crate::drift::Drift;
use crate::listed::Listed;
use crate::reading::settle;
use crate::{Ends, RunOptions, StreamPlan, gone};

/// Compares both ends of a stream; each difference goes out as it is found. With `repair` they are mended in one load: all
/// of them, or so many as find room in memory, so that it is to be called again.
pub async fn verify(
    ends: &Ends,
    plan: &StreamPlan,
    options: &RunOptions,
    repair: bool,
    verdicts: &UnboundedSender<Verdict>,
) -> Result<Verified> {
    let named = |error: Error| ends.show(plan, error).stream(&plan.entry);
    let verifying = Verifying::begin(ends, plan, options, repair).await.map_err(named)?;
    let verified = verifying.finish(verdicts).await.map_err(named)?;
    let told = Verdict::StreamVerified(Box::new(verified.clone()));
    // Nobody listens any more: the caller has the result all the same.
    let _ = verdicts.send(told);
    Ok(verified)
}

/// A comparison of which everything but the rows is known.
struct Verifying<'a> {
    ends: &'a Ends,
    plan: StreamPlan,
    options: &'a RunOptions,
    layout: Layout,
    source: Side,
    target: Side,
    scope: Scope,
    /// How a run reads rows.
    run: Program,
    /// Where the columns that a run reads stand among the source's fetched ones.
    run_places: Vec<usize>,
    /// Where the key's columns stand among the target's fetched ones.
    keys: Vec<usize>,
    /// What a repair would write into.
    lands: (Target, TargetShape),
    /// Whether differences are mended, or why they cannot be.
    mends: Option<Result<()>>,
    verified: Verified,
}

impl<'a> Verifying<'a> {
    async fn begin(ends: &'a Ends, plan: &StreamPlan, options: &'a RunOptions, repair: bool) -> Result<Self> {
        let (plan, shape, warnings) = agree(ends, plan, options).await?;
        let known: Vec<_> = plan
            .mapping
            .columns()
            .iter()
            .map(|column| (column.name.clone(), column.ty.clone()))
            .collect();
        let name = StreamRef::table(shape.name.clone());
        let spec = ends
            .target
            .describe_as(&name, &known)
            .await
            .map_err(|error| not_there(error, ends))?;
        let mut mends = None;
        let mut lands = (plan.target(options), shape.clone());
        if repair {
            match repair::lands(ends, &plan, options).await {
                Ok(found) => (lands, mends) = (found, Some(Ok(()))),
                Err(refusal) => mends = Some(Err(refusal)),
            }
        }
        let run = settle(&plan, &lands.0, &lands.1, &Listed::default())?.0;
        let scope = Scope::of(ends, &plan, &lands, &run, options).await?;
        let layout = Layout::new(&plan, &spec)?;
        let ask = |layout: &Layout, run: Option<&Program>| {
            let source = layout.of_source(&plan, scope.part.clone(), run)?;
            Ok::<_, Error>((source, layout.of_target(&plan, &shape, &spec, options.now)?))
        };
        // Texts of native values mean something only to both ends.
        let native = layout.native(&plan).filter(|_| ends.same_system);
        let mut sides = None;
        let mut chosen = layout;
        if let Some(native) = native {
            let (source, target) = ask(&native, Some(&run))?;
            let places = (source.run.clone(), target.keys.clone());
            let ours = sum(ends.source.as_ref(), source).await?;
            let theirs = match &ours {
                Ok(_) => sum(ends.target.as_ref(), target).await?,
                Err(_) => Err(target),
            };
            if let (Ok(ours), Ok(theirs)) = (ours, theirs) {
                sides = Some((ours, theirs, places));
                chosen = native;
            }
        }
        let (source, target, (run_places, keys)) = match sides {
            Some(sides) => sides,
            None => {
                let reads_run = repair || scope.asks_of_rows();
                let (mut source, target) = ask(&chosen, Some(&run))?;
                if !reads_run && !source.can_sum {
                    source = chosen.of_source(&plan, scope.part.clone(), None)?;
                }
                let places = (source.run.clone(), target.keys.clone());
                let ours = open(ends.source.as_ref(), source).await?;
                (
                    ours,
                    open(ends.target.as_ref(), target)
                        .await
                        .map_err(|error| of_target(error, ends))?,
                    places,
                )
            }
        };
        let verified = Verified {
            through: scope.part.as_ref().map(|part| part.through.clone()),
            warnings,
            ..Verified::begun(&plan.key.stream, &shape.name.raw(), source.by(), target.by())
        };
        Ok(Self {
            ends,
            plan,
            options,
            layout: chosen,
            source,
            target,
            scope,
            run,
            run_places,
            keys,
            lands,
            mends,
            verified,
        })
    }

    async fn finish(mut self, verdicts: &UnboundedSender<Verdict>) -> Result<Verified> {
        let canon = self.layout.canon();
        let guess = [self.source.estimated_rows(), self.target.estimated_rows()];
        let bits = groups::bits(guess.into_iter().flatten().max());
        let (ours, theirs) = tokio::try_join!(self.source.buckets(&canon, bits), async {
            self.target
                .buckets(&canon, bits)
                .await
                .map_err(|error| of_target(error, self.ends))
        })?;
        let mut groups = Groups::of(&ours, &theirs);
        self.verified.source_rows = groups.source_rows;
        self.verified.target_rows = groups.target_rows;
        self.verified.buckets = groups.buckets;
        self.verified.differing_buckets = groups.differing();
        self.verified.rejected = self.source.refused();
        let cursor = self.source.cursor();
        let landing = match self.plan.write {
            Write::Merge | Write::History => Landing::Last(cursor),
            Write::Overwrite | Write::Append => Landing::Each,
        };
        let mut repair = None;
        if let Some(mends) = self.mends.take() {
            let repairing = Repair::new(&self.plan, self.options, self.lands.clone(), self.run.clone());
            repair = Some(mends.map(|()| repairing));
        }
        while let Some(wanted) = groups.next() {
            let (ours, theirs) = tokio::try_join!(self.source.rows(&canon, bits, &wanted), async {
                self.target
                    .rows(&canon, bits, &wanted)
                    .await
                    .map_err(|error| of_target(error, self.ends))
            })?;
            groups.looked_at(&ours, &theirs);
            self.spare_extra();
            let (ours, pending) = self.scope.landed(ours, &self.run_places, cursor)?;
            self.verified.pending += pending;
            for finding in differences(&canon, &ours, &theirs, landing)? {
                let Some(finding) = self.judge(finding)? else { continue };
                match &mut repair {
                    Some(Ok(repair)) => repair.take(&finding, &self.keys)?,
                    Some(Err(refusal)) => return Err(refusal.clone()),
                    None => {}
                }
                let told = report::tell(&self.plan.key.stream, &self.layout, &finding);
                // Nobody listens any more: the caller has the numbers all the same.
                let _ = verdicts.send(Verdict::Difference(told));
            }
            if let Some(Ok(repair)) = &mut repair {
                repair.map(&self.run_places)?;
                if repair.is_full() {
                    self.verified.partly = true;
                    break;
                }
            }
        }
        let Self {
            source,
            target,
            mut verified,
            ends,
            ..
        } = self;
        verified.moved = source.moved() + target.moved();
        if source.by() == By::Sums {
            verified.rejected += source.refused();
        }
        verified.equal = verified.differing + verified.missing + verified.extra == 0;
        // A view that is still open may stand in a load's way.
        drop((source, target));
        if let Some(Ok(repair)) = repair {
            verified.repaired = repair
                .finish(ends)
                .await?
                .filter(|receipt| *receipt != Receipt::default());
        }
        Ok(verified)
    }

    /// Looks for no extra rows once a row of the source is known to be set aside: its older version may be one. That is
    /// known in time: a source that is not summed up has been read by now, and else both are in one bucket.
    fn spare_extra(&mut self) {
        let set_aside = self.source.refused() > 0 || self.scope.has_rejects();
        if set_aside && self.scope.extra_is_wrong && gone::seeks(&self.plan) {
            self.scope.extra_is_wrong = false;
            self.verified.warnings.push(gone::unsought());
        }
    }

    /// Counts a finding; `None` where it is no difference.
    fn judge(&mut self, finding: Finding) -> Result<Option<Finding>> {
        if let Finding::Missing(at) | Finding::Differs(at, ..) = &finding
            && self.scope.is_rejected(at, &self.run_places, &self.plan)?
        {
            self.verified.rejected += 1;
            return Ok(None);
        }
        let verified = &mut self.verified;
        Ok(match finding {
            Finding::Extra(..) if !self.scope.extra_is_wrong => {
                verified.only_in_target += 1;
                None
            }
            Finding::Extra(..) => {
                verified.extra += 1;
                Some(finding)
            }
            Finding::Missing(_) => {
                verified.missing += 1;
                Some(finding)
            }
            Finding::Differs(ours, theirs, columns) => {
                let columns = self.scope.without_nulled(columns, &theirs);
                if columns.is_empty() {
                    verified.nulled += 1;
                    return Ok(None);
                }
                verified.differing += 1;
                Some(Finding::Differs(ours, theirs, columns))
            }
        })
    }
}

/// The stream as its target has it: without columns that are left out.
async fn agree(ends: &Ends, plan: &StreamPlan, options: &RunOptions) -> Result<(StreamPlan, TargetShape, Vec<Error>)> {
    let target = plan.target(options);
    let shape = ends.destination.diff(&target).await?;
    let drift = Drift::of(&target, &shape);
    if plan.schema_changes == SchemaChanges::Ignore
        && let Some(left_out) = drift.ignore(&plan.primary_key)?
    {
        let narrower = plan.without(&drift.added);
        let shape = ends.destination.diff(&narrower.target(options)).await?;
        return Ok((narrower, shape, vec![left_out]));
    }
    Ok((plan.clone(), shape, Vec::new()))
}

/// An end that sums up, if it can; else what was asked.
async fn sum(source: &dyn Source, ask: Ask) -> Result<Result<Side, Ask>> {
    if !ask.can_sum {
        return Ok(Err(ask));
    }
    let Ask { turn, request, .. } = ask;
    Ok(Side::summed(source, &request, turn).await?.map_err(|turn| Ask {
        turn,
        request,
        fetched: ask.fetched,
        can_sum: false,
        run: ask.run,
        keys: ask.keys,
    }))
}

/// An end that sums up if it can, else is read through.
async fn open(source: &dyn Source, ask: Ask) -> Result<Side> {
    match sum(source, ask).await? {
        Ok(side) => Ok(side),
        Err(Ask {
            request, fetched, turn, ..
        }) => Side::read(source, &request, &fetched, turn).await,
    }
}

/// An error about reading the target names its connection.
fn of_target(error: Error, ends: &Ends) -> Error {
    error.connection(&ends.destination_name)
}

fn not_there(error: Error, ends: &Ends) -> Error {
    let error = of_target(error, ends);
    if error.code() == Code::StreamNotFound {
        return error.help("the target is not there yet: run the sync first");
    }
    error
}
