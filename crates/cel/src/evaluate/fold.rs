//! Folds: what the macros over lists and maps became.

use std::rc::Rc;

use super::{Evaluator, Outcome, Slot, going};
use crate::cost::{Rule, SELECT};
use crate::error::Error;
use crate::map::Entries;
use crate::plan::{Fold, Step};
use crate::value::{List, Map, Object, Value};

impl<'a, O: Object<'a>> Evaluator<'a, '_, O> {
    pub(super) fn fold(&mut self, fold: &'a Fold) -> Outcome<'a, O> {
        let range = self.step(&fold.range)?;
        if let Some(slot) = self.slots.get_mut(fold.places[0]) {
            *slot = Slot::Pending(&fold.initial);
        }
        match range {
            Value::List(list) => {
                for (index, item) in list.items().enumerate() {
                    let done = if fold.has_value {
                        self.turn(fold, Ok(Value::Int(index as i64)), item)?
                    } else {
                        self.turn(fold, item, Ok(Value::Null))?
                    };
                    if done {
                        break;
                    }
                }
            }
            Value::Map(map) => {
                for (key, value) in map.entries() {
                    if self.turn(fold, Ok(key), value)? {
                        break;
                    }
                }
            }
            other if fold.has_value => {
                let name = other.go_name();
                return Err(Error::new(format!("unsupported comprehension range type: {name}")));
            }
            other => {
                let name = other.go_name();
                return Err(Error::new(format!("got '{name}', expected iterable type")));
            }
        }
        self.step(&fold.result)
    }

    /// One item of a fold; whether it was the last.
    fn turn(
        &mut self,
        fold: &'a Fold,
        item: Outcome<'a, O>,
        value: Outcome<'a, O>,
    ) -> Result<bool, Error> {
        let [accumulator, item_place, value_place] = fold.places;
        self.set(item_place, item);
        if fold.has_value {
            self.set(value_place, value);
        }
        if let Ok(Value::Bool(false)) = going(self.step(&fold.condition))? {
            return Ok(true);
        }
        let next = going(self.step(&fold.step))?;
        self.set(accumulator, next);
        Ok(false)
    }

    pub(super) fn append(&mut self, place: usize, items: &'a Step, rule: Rule) -> Outcome<'a, O> {
        if let Some(Slot::Pending(_)) = self.slots.get(place) {
            // Evaluating it puts it into its place.
            let _ = going(self.local(place))?;
        }
        self.charge(SELECT)?;
        let items = going(self.step(items))?;
        let before = self.slots.get_mut(place).map(|slot| std::mem::replace(slot, Slot::Unset));
        let Some(Slot::Set(before)) = before else { return Err(Error::no_overload()) };
        let cost = rule.cost(&[before.as_ref().ok(), items.as_ref().ok()], None);
        self.charge(cost)?;
        let (Value::List(before), Value::List(items)) = (before?, items?) else {
            return Err(Error::no_overload());
        };
        let mut all = match before {
            List::Built(all) => all,
            other => Rc::new(other.items().collect::<Result<_, _>>()?),
        };
        let list = Rc::make_mut(&mut all);
        for item in items.items() {
            list.push(item?);
        }
        Ok(Value::List(List::Built(all)))
    }

    pub(super) fn insert(
        &mut self,
        place: usize,
        key: Option<&'a Step>,
        value: &'a Step,
    ) -> Outcome<'a, O> {
        if let Some(Slot::Pending(_)) = self.slots.get(place) {
            let _ = going(self.local(place))?;
        }
        self.charge(SELECT)?;
        if let Some(Slot::Set(Err(error))) = self.slots.get(place) {
            let error = error.clone();
            if key.is_none() {
                let _ = going(self.step(value))?;
                self.charge(1)?;
            }
            return Err(error);
        }
        let key = key.map(|key| self.step(key)).transpose()?;
        let value = going(self.step(value))?;
        self.charge(1)?;
        let value = value?;
        let before = self.slots.get_mut(place).map(|slot| std::mem::replace(slot, Slot::Unset));
        let Some(Slot::Set(Ok(Value::Map(before)))) = before else {
            return Err(Error::no_overload());
        };
        let mut all = match before {
            Map::Built(all) => all,
            Map::Data(_) => Rc::new(Entries::default()),
        };
        let entries = Rc::make_mut(&mut all);
        match (key, value) {
            (Some(key), value) => insert_new(entries, key, value)?,
            (None, Value::Map(map)) => {
                for (key, value) in map.entries() {
                    insert_new(entries, key, value?)?;
                }
            }
            (None, _) => return Err(Error::no_overload()),
        }
        Ok(Value::Map(Map::Built(all)))
    }
}

fn insert_new<'a, O: Object<'a>>(
    entries: &mut Entries<'a, O>,
    key: Value<'a, O>,
    value: Value<'a, O>,
) -> Result<(), Error> {
    if entries.find(&key).is_some() {
        let reason = format!("insert failed: key {} already exists", key.display());
        return Err(Error::new(reason));
    }
    entries.insert(key, value).map(|_| ())
}
