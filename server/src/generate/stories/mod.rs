//! The twelve stories and who they happen to.

mod asthma;
pub(crate) mod background;
mod breast_cancer;
mod diabetes;
mod elderly;
mod healthy;
mod heart_failure;
mod hip_replacement;
mod hypertension;
mod kidney;
mod long;
mod pregnancy;
mod short;

use super::date::Date;
use super::person::{Person, Sex};
use super::random::Random;
use super::record::Record;

/// One kind of record.
pub(crate) struct Story {
    pub(crate) slug: &'static str,
    pub(crate) title: &'static str,
    sex: Option<Sex>,
    ages: (i32, i32),
    /// Weight among the records after the first twelve.
    share: i32,
    /// Some of these people have died.
    pub(crate) grave: bool,
    pub(crate) write: fn(&mut Record),
}

const fn story(
    [slug, title]: [&'static str; 2],
    sex: Option<Sex>,
    ages: (i32, i32),
    share: i32,
    write: fn(&mut Record),
) -> Story {
    Story { slug, title, sex, ages, share, grave: false, write }
}

const fn grave(mut story: Story) -> Story {
    story.grave = true;
    story
}

pub(crate) static STORIES: [Story; 12] = [
    story(["diabetes", "Diabetes with rising HbA1c"], None, (48, 68), 14, diabetes::write),
    story(["hypertension", "Essential hypertension"], None, (42, 70), 18, hypertension::write),
    grave(story(
        ["heart-failure", "Heart failure with an admission"],
        None,
        (62, 80),
        6,
        heart_failure::write,
    )),
    story(["asthma", "Child with asthma"], None, (7, 11), 9, asthma::write),
    story(
        ["pregnancy", "Pregnancy, second trimester"],
        Some(Sex::Female),
        (24, 37),
        6,
        pregnancy::write,
    ),
    story(
        ["breast-cancer", "Breast cancer work-up"],
        Some(Sex::Female),
        (54, 70),
        4,
        breast_cancer::write,
    ),
    story(
        ["hip-replacement", "Discharged after hip replacement"],
        None,
        (60, 76),
        6,
        hip_replacement::write,
    ),
    story(["healthy", "Healthy adult"], None, (24, 45), 22, healthy::write),
    grave(story(
        ["kidney", "Chronic kidney disease with polypharmacy"],
        None,
        (60, 76),
        6,
        kidney::write,
    )),
    story(["short", "A very short record"], None, (20, 60), 5, short::write),
    story(["long", "A very long record"], None, (66, 78), 1, long::write),
    grave(story(
        ["elderly", "COPD, warfarin, a fall and memory loss"],
        None,
        (81, 90),
        3,
        elderly::write,
    )),
];

/// The story of a record: the first twelve in order, then a realistic mix.
pub(crate) fn pick(index: usize, random: &mut Random) -> &'static Story {
    if let Some(story) = STORIES.get(index) {
        return story;
    }
    let total: i32 = STORIES.iter().map(|story| story.share).sum();
    let mut drawn = random.between(1, total);
    for story in &STORIES {
        drawn -= story.share;
        if drawn <= 0 {
            return story;
        }
    }
    &STORIES[0]
}

impl Story {
    pub(crate) fn person(&self, random: &mut Random, today: Date) -> Person {
        let sex = self.sex.unwrap_or(random.choose(&[Sex::Female, Sex::Male]));
        let age = random.between(self.ages.0, self.ages.1);
        let birth = today.plus_years(-age).plus_days(-random.between(1, 360));
        Person::new(random, sex, birth)
    }
}
