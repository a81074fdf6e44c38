//! Who may do what where (Microsoft.Authorization/roleAssignments 2022-04-01).

mod assignment;
mod built_in;
mod requests;

pub use assignment::{NewRoleAssignment, PrincipalType, RoleAssignment};
pub use built_in::BuiltInRole;
pub use requests::AssignmentFilter;
