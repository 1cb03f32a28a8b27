//! Every limit of this crate, by name and unit.

/// The longest expression that is read, in code points (`parser.ExpressionSizeCodePointLimit` of
/// cel-go).
pub const EXPRESSION_CODE_POINTS_MAX: usize = 100_000;

/// How deep expressions may stand in each other as written, in levels. cel-go allows 250
/// (`parser.MaxRecursionDepth`); what people write needs fewer than 20.
pub const NESTING_MAX: u32 = 120;

/// How high the tree of an expression may be, in nodes, macros expanded: this also limits chains
/// of operators and of field accesses, which cel-go ends at 250.
pub const HEIGHT_MAX: u16 = 300;

/// The most nodes of the tree one expression becomes, macros expanded. A macro may copy its
/// target, so nested ones grow fast.
pub const NODES_MAX: usize = 200_000;

/// The most parts one type may have; repeated maps of maps double them with every step.
pub const TYPE_PARTS_MAX: usize = 2_000;

/// What one evaluation may cost, in cel-go's units
/// (`PerCallLimit` of k8s.io/apiserver/pkg/apis/cel/config.go).
pub const CALL_COST_MAX: u64 = 1_000_000;

/// How large a compiled regular expression may be, in bytes of memory.
pub const REGEX_BYTES_MAX: usize = 1 << 20;

/// The longest list `lists.range` makes (`ListsMaxRangeSize` of cel-go).
pub const RANGE_ITEMS_MAX: i64 = 10_000_000;

/// The longest text a function may make, in bytes. Some make much of little (`replace`, `join`)
/// before their cost is known.
pub const TEXT_BYTES_MAX: usize = 16 << 20;

/// How deep values may be nested when they are compared or printed: data is bounded by its
/// reader, lists of lists are made by an expression.
pub const VALUE_DEPTH_MAX: u32 = 512;
