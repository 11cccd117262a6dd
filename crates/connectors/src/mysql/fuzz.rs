//! A door for fuzzing: types as a catalog spells them.

use super::types::MyType;

/// A type, which keeps its meaning when it is parsed again from its own name.
pub fn declared(name: &str) {
    let ty = MyType::parse(name);
    let again = MyType::parse(&ty.name);
    assert_eq!(again.ty, ty.ty, "{name:?} as {:?}", ty.name);
}
