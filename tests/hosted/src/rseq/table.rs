use dacapo::arch::rseq::SIGNATURE;
use dacapo::rseq;

/// Ten sections, some of them inlined in several places.
#[test]
fn the_table_lists_every_section_that_is_linked() {
    super::section::touch_every_section();
    let sections = rseq::critical_sections();
    assert!(sections.len() >= 10, "{} sections", sections.len());
    for section in sections {
        assert_eq!((section.version, section.flags), (0, 0));
        assert!((4..256).contains(&section.length), "{section:x?}");
        let inside = section.abort >= section.start && section.abort < section.start + section.length;
        assert!(!inside, "the abort handler must lie outside: {section:x?}");
        // SAFETY: the four bytes before an abort handler are the signature, in this program's own text.
        let signature = unsafe { ((section.abort - 4) as *const u32).read_unaligned() };
        assert_eq!(signature, SIGNATURE);
    }
}

#[test]
fn every_exit_point_belongs_to_a_section_and_lies_outside_of_it() {
    let sections = rseq::critical_sections();
    assert!(!rseq::exit_points().is_empty());
    for &[start, exit] in rseq::exit_points() {
        let section = sections.iter().find(|section| section.start == start).expect("an exit without a section");
        let inside = (section.start..section.start + section.length).contains(&exit);
        assert!(!inside, "{exit:#x} is inside {section:x?}"); // the commit address, or a slow path behind it
    }
}
