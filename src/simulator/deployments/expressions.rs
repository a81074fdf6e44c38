//! Expressions of the template language. The only one that is simulated is `[parameters('name')]`.

use serde_json::{Map, Value, json};

use super::parameters::Parameters;
use super::templates::invalid;
use crate::simulator::answer::Refusal;

/// What is shown of a secret.
pub(super) const HIDDEN: &str = "*******";

/// What stands in a template for a parameter's value, and whether secrets are shown.
#[derive(Clone, Copy)]
pub(super) struct Scope<'p> {
    pub(super) parameters: &'p Parameters,
    /// False puts [`HIDDEN`] for secret parameters
    pub(super) with_secrets: bool,
}

/// `template` with every expression in it evaluated. Without a scope there is none to evaluate.
///
/// # Errors
/// `InvalidTemplate` for an expression that is not simulated, or a parameter that is not declared.
pub(super) fn evaluated(template: &Value, scope: Option<Scope>) -> Result<Value, Refusal> {
    match template {
        Value::String(text) => evaluated_text(text, scope),
        Value::Array(items) => {
            let items: Result<Vec<Value>, Refusal> =
                items.iter().map(|item| evaluated(item, scope)).collect();
            Ok(Value::Array(items?))
        }
        Value::Object(members) => {
            let mut made = Map::new();
            for (name, member) in members {
                made.insert(name.clone(), evaluated(member, scope)?);
            }
            Ok(Value::Object(made))
        }
        other => Ok(other.clone()),
    }
}

/// A text is an expression if it is in brackets; `[[` at its start stands for a bracket.
fn evaluated_text(text: &str, scope: Option<Scope>) -> Result<Value, Refusal> {
    let inside = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let Some(inside) = inside else {
        return Ok(json!(text));
    };
    if inside.starts_with('[') {
        return Ok(json!(format!("{inside}]")));
    }
    let Some((name, scope)) = parameter_name(inside).zip(scope) else {
        return Err(invalid(format!(
            "Unable to evaluate the template language expression '{text}': this simulator takes \
             expanded templates only, in which nothing but [parameters('name')] is left to \
             evaluate."
        )));
    };
    let value = scope.parameters.value(name).ok_or_else(|| {
        invalid(format!(
            "Unable to evaluate the template language expression '{text}': the template parameter \
             '{name}' is not found. Please see https://aka.ms/arm-syntax-parameters for usage \
             details."
        ))
    })?;
    if scope.parameters.is_secret(name) && !scope.with_secrets {
        return Ok(json!(HIDDEN));
    }
    Ok(value.clone())
}

fn parameter_name(expression: &str) -> Option<&str> {
    let (function, argument) = expression.trim().split_once('(')?;
    let argument = argument.strip_suffix(')')?.trim();
    let name = argument.strip_prefix('\'')?.strip_suffix('\'')?;
    let is_call = function.trim().eq_ignore_ascii_case("parameters");
    (is_call && !name.contains('\'')).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evaluate(text: &str) -> Result<Value, Refusal> {
        let declared = json!({ "a": { "type": "int" }, "s": { "type": "secureString" } });
        let given = json!({ "A": { "value": 7 }, "s": { "value": "secret" } });
        let parameters =
            Parameters::read(declared.as_object().unwrap(), given.as_object().unwrap());
        let scope = Scope {
            parameters: &parameters.unwrap_or_else(|_| unreachable!()),
            with_secrets: false,
        };
        evaluated(&json!({ "deep": [text] }), Some(scope)).map(|value| value["deep"][0].clone())
    }

    #[test]
    fn parameters_are_put_in_with_their_type() {
        assert_eq!(evaluate("[parameters('a')]").unwrap(), json!(7));
        assert_eq!(evaluate("[ Parameters( 'A' ) ]").unwrap(), json!(7));
        assert_eq!(evaluate("[parameters('s')]").unwrap(), json!("*******"));
    }

    #[test]
    fn what_is_no_expression_stays() {
        for text in ["", "[", "a]", "[a", "[x] y", "a [parameters('a')]"] {
            assert_eq!(evaluate(text).unwrap(), json!(text), "{text}");
        }
        assert_eq!(
            evaluate("[[parameters('a')]").unwrap(),
            json!("[parameters('a')]")
        );
    }

    #[test]
    fn all_else_is_refused() {
        for text in [
            "[parameters('b')]",
            "[concat('a', 'b')]",
            "[parameters('a').x]",
            "[parameters(concat('a'))]",
            "[resourceGroup().location]",
            "[]",
        ] {
            assert!(evaluate(text).is_err(), "{text}");
        }
    }
}
