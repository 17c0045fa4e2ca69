//! What summaries say and cite, from records written by hand and from whole synthetic ones.

#[cfg(test)]
mod audience;
#[cfg(test)]
mod bounds;
#[cfg(test)]
mod document;
#[cfg(test)]
mod medicines;
#[cfg(test)]
mod problems;
#[cfg(test)]
mod results;
#[cfg(test)]
mod support;
#[cfg(test)]
mod synthea;
