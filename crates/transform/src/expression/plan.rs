//! From syntax tree to something that can be evaluated, with DataFusion's planner.
//!
//! The logical optimiser stays out: some of its rules drop parts that could fail. Constants are folded on the physical
//! side, where a part that fails is left for the rows that need it.

use std::sync::Arc;
use std::time::SystemTime;

use arrow_schema::{DataType as Arrow, FieldRef, SchemaRef};
use chrono::{DateTime, Utc};
use datafusion_common::tree_node::{Transformed, TreeNode};
use datafusion_common::{DFSchema, DataFusionError, Result, ScalarValue};
use datafusion_expr::execution_props::ExecutionProps;
use datafusion_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion_expr::{Expr, Operator};
use datafusion_optimizer::simplify_expressions::ExprSimplifier;
use datafusion_physical_expr::expressions::{BinaryExpr, Literal, NegativeExpr};
use datafusion_physical_expr::simplifier::PhysicalExprSimplifier;
use datafusion_physical_expr::{PhysicalExpr, create_physical_expr};
use datafusion_sql::planner::{ParserOptions, PlannerContext, SqlToRel};
use datafusion_sql::sqlparser::ast::Expr as Ast;

use crate::functions;

/// A planned expression.
pub(super) struct Planned {
    pub(super) physical: Arc<dyn PhysicalExpr>,
    /// Type and nullability of its values.
    pub(super) field: FieldRef,
}

/// Plans an expression over columns of a schema.
pub(super) fn plan(ast: Ast, schema: &SchemaRef, now: SystemTime) -> Result<Planned> {
    let options = ParserOptions::new()
        .with_parse_float_as_decimal(true)
        .with_enable_ident_normalization(false)
        .with_map_string_types_to_utf8view(false);
    let context = functions::context();
    let columns = Arc::new(DFSchema::try_from(Arc::clone(schema))?);
    let logical =
        SqlToRel::new_with_options(context, options).sql_to_expr(ast, &columns, &mut PlannerContext::new())?;

    let info = SimplifyContext::builder()
        .with_schema(Arc::clone(&columns))
        .with_query_execution_start_time(micros(now))
        .build();
    let coercer = ExprSimplifier::new(info.clone());
    let logical = coercer.coerce(logical, &columns)?;
    let logical = coercer.coerce(rewrite_calls(logical, &info)?, &columns)?;

    let physical = create_physical_expr(
        &logical,
        &columns,
        &ExecutionProps::new(),
        &PhysicalPlanningContext::default(),
    )?;
    let physical = physical.transform_up(|node| check_overflow(node, schema))?.data;
    let physical = PhysicalExprSimplifier::new(schema).simplify(physical)?;
    let field = physical.return_field(schema)?;
    Ok(Planned { physical, field })
}

/// A point in time without what the model's timestamps cannot hold.
fn micros(now: SystemTime) -> Option<DateTime<Utc>> {
    let micros = now.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_micros();
    DateTime::from_timestamp_micros(i64::try_from(micros).ok()?)
}

/// Lets functions that are only another way to write something (`now()`, `coalesce`, `nvl`) rewrite themselves: they
/// cannot be evaluated.
fn rewrite_calls(mut expr: Expr, info: &SimplifyContext) -> Result<Expr> {
    /// More than any function needs to come down to others.
    const ROUNDS: usize = 5;
    for _ in 0..ROUNDS {
        let rewritten = expr.transform_up(|node| match node {
            Expr::ScalarFunction(mut call) => Ok(match call.func.simplify(call.args, info)? {
                ExprSimplifyResult::Simplified(other) => Transformed::yes(other),
                ExprSimplifyResult::Original(args) => {
                    call.args = args;
                    Transformed::no(Expr::ScalarFunction(call))
                }
            }),
            other => Ok(Transformed::no(other)),
        })?;
        expr = rewritten.data;
        if !rewritten.transformed {
            break;
        }
    }
    Ok(expr)
}

/// Makes arithmetic fail on overflow, where DataFusion would wrap around.
fn check_overflow(node: Arc<dyn PhysicalExpr>, schema: &SchemaRef) -> Result<Transformed<Arc<dyn PhysicalExpr>>> {
    if let Some(binary) = node.downcast_ref::<BinaryExpr>() {
        let checked = binary.clone().with_fail_on_overflow(true);
        return Ok(Transformed::yes(Arc::new(checked)));
    }
    if let Some(negative) = node.downcast_ref::<NegativeExpr>() {
        let ty = negative.arg().data_type(schema)?;
        if matches!(ty, Arrow::Int8 | Arrow::Int16 | Arrow::Int32 | Arrow::Int64) {
            let zero = Arc::new(Literal::new(ScalarValue::new_zero(&ty)?));
            let difference = BinaryExpr::new(zero, Operator::Minus, Arc::clone(negative.arg()));
            return Ok(Transformed::yes(Arc::new(difference.with_fail_on_overflow(true))));
        }
    }
    Ok(Transformed::no(node))
}

/// DataFusion's words without its prefixes and beyond the first sentence's end.
pub(super) fn words(error: &DataFusionError) -> String {
    let root = error.find_root();
    let text = root.strip_backtrace();
    let mut text = text.as_str();
    for prefix in [
        "Error during planning: ",
        "Arrow error: ",
        "Execution error: ",
        "This feature is not implemented: ",
        "Schema error: ",
        "SQL error: ",
        "Compute error: ",
        "Optimizer rule ",
    ] {
        text = text.strip_prefix(prefix).unwrap_or(text);
    }
    text.lines()
        .map(str::trim)
        .collect::<Vec<_>>()
        .join(" ")
        .trim_end_matches('.')
        .to_owned()
}
