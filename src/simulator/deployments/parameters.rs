//! Parameters of a template: what it declares, and what a deployment gives.

use serde_json::{Map, Value, json};

use super::templates::invalid;
use crate::simulator::answer::Refusal;

/// The parameters of one deployment.
pub(super) struct Parameters(Vec<Parameter>);

struct Parameter {
    name: String,
    kind: Kind,
    value: Value,
}

/// `type` of a parameter.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    String,
    SecureString,
    Int,
    Bool,
    Array,
    Object,
    SecureObject,
}

impl Kind {
    const ALL: [Self; 7] = [
        Self::String,
        Self::SecureString,
        Self::Int,
        Self::Bool,
        Self::Array,
        Self::Object,
        Self::SecureObject,
    ];

    /// As deployments answer it.
    fn name(self) -> &'static str {
        match self {
            Self::String => "String",
            Self::SecureString => "SecureString",
            Self::Int => "Int",
            Self::Bool => "Bool",
            Self::Array => "Array",
            Self::Object => "Object",
            Self::SecureObject => "SecureObject",
        }
    }

    fn named(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|kind| kind.name().eq_ignore_ascii_case(name))
    }

    fn is_secret(self) -> bool {
        matches!(self, Self::SecureString | Self::SecureObject)
    }

    fn takes(self, value: &Value) -> bool {
        match self {
            Self::String | Self::SecureString => value.is_string(),
            Self::Int => value.is_i64() || value.is_u64(),
            Self::Bool => value.is_boolean(),
            Self::Array => value.is_array(),
            Self::Object | Self::SecureObject => value.is_object(),
        }
    }

    /// What ARM calls the JSON that it expects.
    fn token(self) -> &'static str {
        match self {
            Self::String | Self::SecureString => "String, Uri",
            Self::Int => "Integer",
            Self::Bool => "Boolean",
            Self::Array => "Array",
            Self::Object | Self::SecureObject => "Object",
        }
    }
}

fn token_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "Null",
        Value::Bool(_) => "Boolean",
        Value::Number(number) if number.is_f64() => "Float",
        Value::Number(_) => "Integer",
        Value::String(_) => "String",
        Value::Array(_) => "Array",
        Value::Object(_) => "Object",
    }
}

impl Parameters {
    /// Holds what is declared against what is given, `{"name":{"value":…}}`.
    ///
    /// # Errors
    /// ARM's `InvalidTemplate` for what is missing, undeclared, or of another type.
    pub(super) fn read(
        declared: &Map<String, Value>,
        given: &Map<String, Value>,
    ) -> Result<Self, Refusal> {
        refuse_undeclared(declared, given)?;
        let mut all = Vec::new();
        for (name, declaration) in declared {
            let kind = declaration["type"].as_str().and_then(Kind::named);
            let kind = kind.ok_or_else(|| {
                invalid(format!(
                    "The template parameter '{name}' is not valid. The type '{}' is not one of \
                     'string, securestring, int, bool, array, object, secureobject'.",
                    declaration["type"].as_str().unwrap_or_default()
                ))
            })?;
            let given = given
                .iter()
                .find(|(known, _)| known.eq_ignore_ascii_case(name));
            let value = value_of(name, given.map(|(_, given)| given), declaration)?;
            check(name, kind, &value, declaration)?;
            all.push(Parameter {
                name: name.clone(),
                kind,
                value,
            });
        }
        Ok(Self(all))
    }

    /// The value of a parameter.
    pub(super) fn value(&self, name: &str) -> Option<&Value> {
        self.find(name).map(|parameter| &parameter.value)
    }

    /// Whether a parameter must not be shown.
    pub(super) fn is_secret(&self, name: &str) -> bool {
        self.find(name)
            .is_some_and(|parameter| parameter.kind.is_secret())
    }

    fn find(&self, name: &str) -> Option<&Parameter> {
        self.0
            .iter()
            .find(|known| known.name.eq_ignore_ascii_case(name))
    }

    /// As a deployment answers them: of secret ones the type only
    /// (`vm/specialized_image.json` of the recordings).
    pub(super) fn shown(&self) -> Value {
        let shown = self.0.iter().map(|parameter| {
            let mut shown = json!({ "type": parameter.kind.name() });
            if !parameter.kind.is_secret() {
                shown["value"] = parameter.value.clone();
            }
            (parameter.name.clone(), shown)
        });
        Value::Object(shown.collect())
    }
}

fn refuse_undeclared(
    declared: &Map<String, Value>,
    given: &Map<String, Value>,
) -> Result<(), Refusal> {
    let is_declared = |name: &str| {
        declared
            .keys()
            .any(|known| known.eq_ignore_ascii_case(name))
    };
    let others: Vec<&str> = given
        .keys()
        .map(String::as_str)
        .filter(|name| !is_declared(name))
        .collect();
    if others.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = declared.keys().map(String::as_str).collect();
    Err(invalid(format!(
        "The following parameters were supplied, but do not correspond to any parameters defined \
         in the template: '{}'. The parameters defined in the template are: '{}'. Please see \
         https://aka.ms/arm-pass-parameter-values for usage details.",
        others.join(", "),
        names.join(", ")
    )))
}

/// The given value, or the default one.
fn value_of(name: &str, given: Option<&Value>, declaration: &Value) -> Result<Value, Refusal> {
    if given.is_some_and(|given| !given["reference"].is_null()) {
        return Err(invalid(format!(
            "The template parameter '{name}' refers to a key vault, which is not simulated."
        )));
    }
    if let Some(value) = given.and_then(|given| given.get("value")) {
        return Ok(value.clone());
    }
    let default = declaration.get("defaultValue").ok_or_else(|| {
        invalid(format!(
            "The value for the template parameter '{name}' at line '1' and column '1' is not \
             provided. Please see https://aka.ms/arm-create-parameter-file for usage details."
        ))
    })?;
    super::expressions::evaluated(default, None)
}

/// Type, `allowedValues` and lengths of a value.
fn check(name: &str, kind: Kind, value: &Value, declaration: &Value) -> Result<(), Refusal> {
    if !kind.takes(value) {
        return Err(invalid(format!(
            "Template parameter JToken type is not valid. Expected '{}'. Actual '{}'. Please see \
             https://aka.ms/resource-manager-parameter-files for usage details.",
            kind.token(),
            token_of(value)
        )));
    }
    let shown = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    let refuse = |what: String| {
        let value = if kind.is_secret() {
            String::new()
        } else {
            format!("'{}' ", shown(value))
        };
        Err(invalid(format!(
            "The provided value {value}for the template parameter '{name}' is not valid. {what}"
        )))
    };
    if let Some(allowed) = declaration["allowedValues"].as_array()
        && !allowed.contains(value)
    {
        let allowed: Vec<String> = allowed.iter().map(shown).collect();
        return refuse(format!(
            "The value is not part of the allowed value(s): '{}'.",
            allowed.join(",")
        ));
    }
    let length = value
        .as_str()
        .map(|text| text.chars().count())
        .or_else(|| value.as_array().map(Vec::len));
    let length = length.and_then(|length| u64::try_from(length).ok());
    let (least, most) = (
        declaration["minLength"].as_u64(),
        declaration["maxLength"].as_u64(),
    );
    match length {
        Some(length) if least.is_some_and(|least| length < least) => refuse(format!(
            "Length of the value should be greater than or equal to '{}'.",
            least.unwrap_or_default()
        )),
        Some(length) if most.is_some_and(|most| length > most) => refuse(format!(
            "Length of the value should be less than or equal to '{}'.",
            most.unwrap_or_default()
        )),
        _ => Ok(()),
    }
}
