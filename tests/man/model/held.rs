//! A document that was printed, held against the model.

use super::{Body, Fields, Holds, Model, Shape, Type, Variant};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// What is told of a document that is not as the model has it.
type Wrong = String;

impl Model {
    /// Returns the name of the type that a printed document is of.
    ///
    /// # Errors
    /// What is wrong with it by each type.
    pub fn kind(&self, printed: &Value) -> Result<&str, Wrong> {
        let Value::Object(printed) = printed else {
            return Err(format!("no object: {printed}"));
        };
        if printed.get("format").and_then(Value::as_u64).is_none() {
            return Err("it has no format".to_owned());
        }
        let mut wrong = String::new();
        for (name, document) in &self.documents {
            match self.object(document, printed, &["format"]) {
                Ok(()) => return Ok(name),
                Err(why) => wrong += &format!("{name}: {why}\n"),
            }
        }
        Err(wrong)
    }

    /// Looks whether an object has the fields of a type, and no other than these.
    fn object(
        &self,
        of: &Type,
        printed: &Map<String, Value>,
        besides: &[&str],
    ) -> Result<(), Wrong> {
        let mut known: BTreeSet<String> = besides.iter().map(|&key| key.to_owned()).collect();
        self.part(of, printed, &mut known)?;
        match printed.keys().find(|key| !known.contains(*key)) {
            None => Ok(()),
            Some(key) => Err(format!("{key}: no type has it")),
        }
    }

    /// Looks whether an object has the fields of a type among others, and notes them as known.
    fn part(
        &self,
        of: &Type,
        printed: &Map<String, Value>,
        known: &mut BTreeSet<String>,
    ) -> Result<(), Wrong> {
        match &of.body {
            Body::Object(fields) => self.fields(fields, printed, known),
            Body::Tagged(tag, variants) => {
                known.insert(tag.clone());
                let name = printed.get(tag).and_then(Value::as_str).unwrap_or_default();
                let variant = variants.iter().find(|variant| variant.name == name);
                let variant = variant.ok_or_else(|| format!("{tag}: {name:?} is none of them"))?;
                self.inside(variant, printed, known)
                    .map_err(|why| format!("{name}: {why}"))
            }
            Body::Either(variants) => {
                let mut wrong = String::new();
                for variant in variants {
                    let mut also = known.clone();
                    match self.inside(variant, printed, &mut also) {
                        Ok(()) => {
                            *known = also;
                            return Ok(());
                        }
                        Err(why) => wrong += &format!("{}: {why}; ", variant.name),
                    }
                }
                Err(wrong)
            }
            Body::Keyed(_) => Err("it is no object".to_owned()),
        }
    }

    /// Looks whether an object has the fields of one of several.
    fn inside(
        &self,
        variant: &Variant,
        printed: &Map<String, Value>,
        known: &mut BTreeSet<String>,
    ) -> Result<(), Wrong> {
        match &variant.holds {
            Holds::Nothing => Ok(()),
            Holds::Fields(fields) => self.fields(fields, printed, known),
            Holds::One(Shape::Of(name)) => self.part(&self.types[name], printed, known),
            Holds::One(_) => Err("it has no fields".to_owned()),
        }
    }

    fn fields(
        &self,
        fields: &Fields,
        printed: &Map<String, Value>,
        known: &mut BTreeSet<String>,
    ) -> Result<(), Wrong> {
        for field in &fields.own {
            known.insert(field.name.clone());
            match printed.get(&field.name) {
                Some(value) => self
                    .value(&field.shape, value)
                    .map_err(|why| format!("{}: {why}", field.name))?,
                None if field.may_be_absent => {}
                None => return Err(format!("{}: it is not there", field.name)),
            }
        }
        for name in &fields.besides {
            self.part(&self.types[name], printed, known)?;
        }
        Ok(())
    }

    fn value(&self, shape: &Shape, printed: &Value) -> Result<(), Wrong> {
        let fits = match (shape, printed) {
            (Shape::OrNull(_), Value::Null) => true,
            (Shape::OrNull(shape), value) => return self.value(shape, value),
            (Shape::Text, value) => value.is_string(),
            (Shape::Whole, value) => value.is_u64(),
            (Shape::Number, value) => value.is_number(),
            (Shape::Truth, value) => value.is_boolean(),
            (Shape::Array(shape), Value::Array(values)) => {
                for (at, value) in values.iter().enumerate() {
                    self.value(shape, value)
                        .map_err(|why| format!("{at}: {why}"))?;
                }
                true
            }
            (Shape::Tuple(shapes), Value::Array(values)) => {
                for (shape, value) in shapes.iter().zip(values) {
                    self.value(shape, value)?;
                }
                shapes.len() == values.len()
            }
            (Shape::Named(shape), Value::Object(values)) => {
                for (name, value) in values {
                    self.value(shape, value)
                        .map_err(|why| format!("{name}: {why}"))?;
                }
                true
            }
            (Shape::Of(name), value) => {
                return self
                    .one(&self.types[name], value)
                    .map_err(|why| format!("{name}: {why}"));
            }
            _ => false,
        };
        match fits {
            true => Ok(()),
            false => Err(format!("{printed} is of another kind")),
        }
    }

    /// Looks whether a value is one of a type.
    fn one(&self, of: &Type, printed: &Value) -> Result<(), Wrong> {
        let Body::Keyed(variants) = &of.body else {
            return match printed {
                Value::Object(printed) => self.object(of, printed, &[]),
                other => Err(format!("no object: {other}")),
            };
        };
        let (name, inside) = match printed {
            Value::String(name) => (name, None),
            Value::Object(printed) if printed.len() == 1 => {
                let (name, inside) = printed.iter().next().ok_or("no key")?;
                (name, Some(inside))
            }
            other => return Err(format!("neither a name nor one key: {other}")),
        };
        let variant = variants.iter().find(|variant| variant.name == *name);
        let variant = variant.ok_or_else(|| format!("{name:?} is none of them"))?;
        match (&variant.holds, inside) {
            (Holds::Nothing, None) => Ok(()),
            (Holds::One(shape), Some(value)) => self.value(shape, value),
            (Holds::Fields(fields), Some(Value::Object(printed))) => {
                let mut known = BTreeSet::new();
                self.fields(fields, printed, &mut known)?;
                match printed.keys().find(|key| !known.contains(*key)) {
                    None => Ok(()),
                    Some(key) => Err(format!("{key}: no type has it")),
                }
            }
            _ => Err(format!("{name} holds something else")),
        }
    }
}
