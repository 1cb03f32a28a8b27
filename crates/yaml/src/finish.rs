//! What can only be checked once a document is complete: how often aliases expand, what merge and
//! duplicate keys leave of a mapping, and whether JSON can hold it.

use hashbrown::HashSet;

use crate::arena::{Arena, Effective, Kind, RawNode};
use crate::build::{Builder, error};
use crate::keys::is_merge;
use crate::resolve::{Scalar, resolve};
use crate::{Error, ErrorKind, Style};

/// Checks a complete document and fills the arena's tables for it.
pub(crate) fn finish(builder: Builder<'_, '_>) -> Result<(), Error> {
    let Builder { arena, mark, aliases, effective, unrepresentable, .. } = builder;
    let root = mark.nodes as u32;
    arena.sort_tables(&mark);
    if aliases {
        check_aliasing(arena, root)?;
    }
    if effective {
        add_effective_entries(arena, root);
    }
    match unrepresentable {
        // An overwritten value is no obstacle.
        Some(refusal) if !effective || holds_unrepresentable(arena, root) => Err(refusal),
        _ => Ok(()),
    }
}

/// Up to this many steps, 99 % of a document may come from aliases.
const LENIENT_STEPS: u64 = 400_000;
/// From this many steps on, 10 % may.
const STRICT_STEPS: u64 = 4_000_000;

/// One step of a walk that follows aliases.
enum Step {
    Visit(u32),
    LeaveAlias,
}

/// Counts the decoder's steps as `decode.go` does and refuses when too many are due to aliases
/// (`allowedAliasRatio`). The count is also what bounds every other walk that follows aliases.
fn check_aliasing(arena: &Arena<'_>, root: u32) -> Result<(), Error> {
    // The document itself is upstream's first step.
    let mut steps = 1u64;
    let mut alias_steps = 0u64;
    let mut alias_depth = 0u32;
    let mut stack = vec![Step::Visit(root)];
    while let Some(step) = stack.pop() {
        let Step::Visit(id) = step else {
            alias_depth -= 1;
            continue;
        };
        steps += 1;
        alias_steps += u64::from(alias_depth > 0);
        if alias_steps > 100 && steps > 1000 && is_excessive(alias_steps, steps) {
            let span = arena.node(id).span();
            let message = "the document expands its aliases too often";
            return Err(error(ErrorKind::ExcessiveAliasing, span, message));
        }
        match arena.node(id).kind {
            Kind::Scalar => {}
            Kind::Alias => {
                alias_depth += 1;
                stack.push(Step::LeaveAlias);
                stack.push(Step::Visit(arena.target(id)));
            }
            Kind::Sequence => push_reversed(&mut stack, arena.children(id)),
            Kind::Mapping => push_entries(arena, id, &mut stack),
        }
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "upstream computes in floats")]
fn is_excessive(alias_steps: u64, steps: u64) -> bool {
    let range = (STRICT_STEPS - LENIENT_STEPS) as f64;
    let allowed = match steps {
        ..=LENIENT_STEPS => 0.99,
        STRICT_STEPS.. => 0.10,
        _ => 0.99 - 0.89 * ((steps - LENIENT_STEPS) as f64 / range),
    };
    alias_steps as f64 / steps as f64 > allowed
}

fn push_reversed(stack: &mut Vec<Step>, nodes: impl Iterator<Item = u32>) {
    let from = stack.len();
    stack.extend(nodes.map(Step::Visit));
    stack[from..].reverse();
}

/// Pushes a mapping's keys and values; of a merge key only what is merged, the last first.
fn push_entries(arena: &Arena<'_>, mapping: u32, stack: &mut Vec<Step>) {
    let from = stack.len();
    let mut children = arena.children(mapping);
    while let (Some(key), Some(value)) = (children.next(), children.next()) {
        if !is_merge(arena, key) {
            stack.extend([Step::Visit(key), Step::Visit(value)]);
        } else if arena.node(value).kind == Kind::Sequence {
            push_reversed(stack, arena.children(value));
        } else {
            stack.push(Step::Visit(value));
        }
    }
    stack[from..].reverse();
}

/// Computes the effective entries of every mapping that is a value and has merge or duplicate
/// keys. (Mappings that are only merged into others are not asked for entries; computing theirs
/// could take quadratic time in a chain of merges.)
fn add_effective_entries(arena: &mut Arena<'_>, root: u32) {
    let end = arena.nodes.len() as u32;
    let mut mappings = Vec::new();
    for id in root..end {
        let node = arena.node(id);
        if node.has(RawNode::MERGED) {
            continue;
        }
        let target = arena.node(arena.target(id));
        let merged_elsewhere = node.kind == Kind::Alias && target.has(RawNode::MERGED);
        if target.has(RawNode::EFFECTIVE) && (node.kind == Kind::Mapping || merged_elsewhere) {
            mappings.push(arena.target(id));
        }
    }
    mappings.sort_unstable();
    mappings.dedup();
    for mapping in mappings {
        let first = arena.pairs.len() as u32;
        let entries = effective_entries(arena, mapping);
        let count = entries.len() as u32;
        arena.pairs.extend(entries);
        arena.effective.push(Effective { mapping, first, count });
    }
}

/// Entries in the order written, without those that a later entry overwrites. A merged mapping's
/// entries stand where it is merged; of a sequence of mappings the first has precedence.
fn effective_entries(arena: &Arena<'_>, mapping: u32) -> Vec<(u32, u32)> {
    let mut entries = Vec::new();
    // Children of mappings that are still to be read, the innermost merge last.
    let mut open = vec![(mapping + 1, arena.node(mapping).next)];
    while let Some((key, end)) = open.pop() {
        if key >= end {
            continue;
        }
        let value = arena.node(key).next;
        open.push((arena.node(value).next, end));
        if !is_merge(arena, key) {
            entries.push((key, value));
            continue;
        }
        let mut merge = |item: u32| {
            let source = arena.target(item);
            open.push((source + 1, arena.node(source).next));
        };
        if arena.node(value).kind == Kind::Sequence {
            // Upstream applies the last item first; it is popped first here.
            arena.children(value).for_each(merge);
        } else {
            merge(value);
        }
    }
    let mut seen = HashSet::with_capacity(entries.len());
    entries.reverse();
    entries.retain(|&(key, _)| has_no_json_key(arena, key) || seen.insert(arena.key_text(key)));
    entries.reverse();
    entries
}

/// Whether anything that is not overwritten has no JSON form.
fn holds_unrepresentable(arena: &Arena<'_>, root: u32) -> bool {
    let mut stack = vec![root];
    while let Some(id) = stack.pop() {
        let id = arena.target(id);
        let node = arena.node(id);
        match node.kind {
            Kind::Scalar if is_finite(arena, node) => {}
            Kind::Scalar => return true,
            Kind::Sequence | Kind::Alias => stack.extend(arena.children(id)),
            Kind::Mapping => {
                let pairs = arena
                    .effective_pairs(id)
                    .map_or_else(|| arena.pairs_of(id).collect(), <[_]>::to_vec);
                if pairs.iter().any(|&(key, _)| has_no_json_key(arena, key)) {
                    return true;
                }
                stack.extend(pairs.iter().map(|&(_, value)| value));
            }
        }
    }
    false
}

fn is_finite(arena: &Arena<'_>, node: &RawNode) -> bool {
    !matches!(scalar(arena, node), Some(Scalar::Float(value)) if !value.is_finite())
}

fn has_no_json_key(arena: &Arena<'_>, key: u32) -> bool {
    let node = arena.node(arena.target(key));
    matches!(scalar(arena, node), Some(Scalar::Null | Scalar::Uint(_)))
}

fn scalar(arena: &Arena<'_>, node: &RawNode) -> Option<Scalar> {
    resolve(node.tag, node.style == Style::Plain, arena.scalar_text(node))
}
