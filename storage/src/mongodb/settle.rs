//! When the joins of a clause are decided: before the candidates are looked for, where the other
//! side is not too many, or for some candidates at a time.

use super::clause::{Clause, Later};
use super::page::Search;
use super::rows::Access;
use super::seek::Row;
use crate::StoreError;

/// Resources of the other side of a join that are worked out before the candidates are looked at.
pub(super) const JOINED_MAX: usize = 5_000;

impl Search<'_> {
    /// A clause with its joins decided for some rows.
    pub(super) fn settled<'s>(
        &'s self,
        access: &'s mut Access<'_>,
        clause: Clause,
        rows: &'s [Row],
    ) -> Later<'s, Clause> {
        Box::pin(async move {
            Ok(match clause {
                Clause::Join(mut join) if join.joined.is_none() => {
                    join.joined = Some(self.decided(access, &join, rows).await?);
                    Clause::Join(join)
                }
                Clause::And(parts) => Clause::And(self.all_settled(access, parts, rows).await?),
                Clause::Or(parts) => Clause::Or(self.all_settled(access, parts, rows).await?),
                Clause::Not(part) => {
                    Clause::Not(Box::new(self.settled(access, *part, rows).await?))
                }
                clause => clause,
            })
        })
    }

    async fn all_settled(
        &self,
        access: &mut Access<'_>,
        parts: Vec<Clause>,
        rows: &[Row],
    ) -> Result<Vec<Clause>, StoreError> {
        let mut settled = Vec::with_capacity(parts.len());
        for part in parts {
            settled.push(self.settled(access, part, rows).await?);
        }
        Ok(settled)
    }

    /// A clause with those of its joins worked out whose other side is not too many, unless few
    /// candidates are left by the other conditions.
    pub(super) fn worked_out<'s>(
        &'s self,
        access: &'s mut Access<'_>,
        clause: Clause,
    ) -> Later<'s, Clause> {
        Box::pin(async move {
            Ok(match clause {
                Clause::Join(mut join) if join.joined.is_none() => {
                    join.joined = self.gathered(access, &join, JOINED_MAX).await?;
                    Clause::Join(join)
                }
                Clause::And(parts) if parts.iter().any(leaves_few) => Clause::And(parts),
                Clause::And(parts) => {
                    let mut out = Vec::with_capacity(parts.len());
                    for part in parts {
                        out.push(self.worked_out(access, part).await?);
                    }
                    Clause::And(out)
                }
                Clause::Or(parts) => {
                    let mut out = Vec::with_capacity(parts.len());
                    for part in parts {
                        out.push(self.worked_out(access, part).await?);
                    }
                    Clause::Or(out)
                }
                Clause::Not(part) => Clause::Not(Box::new(self.worked_out(access, *part).await?)),
                clause => clause,
            })
        })
    }
}

/// Does a clause leave few candidates, as it looks?
fn leaves_few(clause: &Clause) -> bool {
    match clause {
        Clause::Ids(_) | Clause::Combination(_) => true,
        Clause::Matches(param, fhir::search::Test::Token(_)) => &*param.param.code == "identifier",
        _ => false,
    }
}
