//! Every pane in every state, as it is seen, at both sizes.

use std::sync::Arc;

use gallerist::azure::TenantId;
use gallerist::estate::TenantState;
use gallerist::tui::data::{Jobs, News, Part};
use gallerist::tui::message::Message;
use gallerist::tui::state::{Pane, State};
use gallerist::tui::theme::Theme;

use super::known;
use super::screen::{
    engine, frame, inform, informed, keys, looks, news, picture, rows, seen, snapshot, tell,
};

#[test]
fn before_anything_is_read() {
    seen("reading", known::ignorant);
}

#[test]
fn typical() {
    seen("typical", informed);
}

#[test]
fn nothing_there() {
    seen("empty", |size| {
        let mut state = known::ignorant(size);
        tell(&mut state, Message::Connected(engine(None, false)));
        news(&mut state, News::Estate(Arc::default()));
        news(&mut state, News::Jobs(Arc::new(Jobs::default())));
        let page = known::log_page(&state, Vec::new());
        news(&mut state, page);
        state
    });
}

#[test]
fn what_cannot_be_read_says_why() {
    seen("broken", |size| {
        let mut state = known::ignorant(size);
        let why = "the estate /home/op/.local/state/gallerist/estate.sqlite can't be read (file is \
                   not a database): move it away to start afresh; it is left as it is";
        news(&mut state, News::Broken(Part::Estate, why.to_owned()));
        news(
            &mut state,
            News::Broken(Part::Journal, why.replace("estate", "journal")),
        );
        tell(&mut state, Message::NotConnected(why.to_owned()));
        keys(&mut state, "<esc>");
        state
    });
}

#[test]
fn another_process_owns_the_queue() {
    seen("owned", |size| {
        let mut state = known::ignorant(size);
        let owner = "gallerist replicate (process 4711 of operator on jump1, since 13:58)";
        tell(
            &mut state,
            Message::Connected(engine(Some(owner.into()), false)),
        );
        inform(&mut state);
        keys(&mut state, "R");
        state
    });
}

#[test]
fn names_that_are_long_or_act_on_terminals() {
    seen("odd-names", |size| {
        let mut state = informed(size);
        let mut estate = known::estate();
        estate.tenants[1].name = "Ad\u{1b}[2Jatum\u{7}".to_owned();
        estate.tenants[2].name = "東京リージョン株式会社 hosting and more".to_owned();
        estate.tenants[3].name = "abc\u{202e}cba".to_owned();
        estate.galleries[0].gallery.name = "a_gallery_with_a_name_as_long_as_they_get".to_owned();
        let definition = &mut Arc::make_mut(&mut estate.definitions[1]).definition;
        definition.name = "win11\n\u{9b}31mavd".to_owned();
        news(&mut state, News::Estate(Arc::new(estate)));
        state
    });
}

#[test]
fn marked_filtered_and_folded() {
    seen("marked", |size| {
        let mut state = informed(size);
        keys(&mut state, "1j v jj v 2 g h");
        keys(&mut state, "1/o<enter>");
        state
    });
}

#[test]
fn each_pane_zoomed() {
    for pane in Pane::ALL {
        seen(&format!("zoomed-{}", pane.name()), |size| {
            let mut state = informed(size);
            keys(&mut state, &format!("{}+", pane.number()));
            state
        });
    }
}

#[test]
fn the_log_wrapped_and_scrolled() {
    seen("log-wrapped", |size| {
        let mut state = informed(size);
        keys(&mut state, "5+w");
        let page = known::log_page(&state, known::log_lines());
        news(&mut state, page);
        keys(&mut state, "kkkk");
        if let Some(page) = &mut state.log.page {
            page.new = 128;
        }
        state
    });
}

#[test]
fn a_filter_that_is_wrong_says_so_while_it_is_typed() {
    seen("filter-wrong", |size| {
        let mut state = informed(size);
        keys(&mut state, "2/win(");
        state
    });
}

#[test]
fn one_pane_where_there_is_no_room_for_five() {
    snapshot("single-60x16", &picture(&informed((60, 16))));
    snapshot("too-small-30x8", &picture(&informed((30, 8))));
}

#[test]
fn no_size_makes_it_panic() {
    let mut state = informed((120, 40));
    keys(&mut state, "3r");
    for (width, height) in [
        (0, 0),
        (1, 1),
        (40, 10),
        (41, 11),
        (76, 20),
        (104, 30),
        (500, 200),
    ] {
        tell(&mut state, Message::Resized(width, height));
        for theme in [Theme::full(), Theme::plain()] {
            frame(&state, &theme);
        }
    }
}

#[test]
fn the_selection_has_the_hardware_cursor() {
    let mut state = informed((120, 40));
    for pane in ["1", "2", "3", "4", "5"] {
        keys(&mut state, pane);
        let (buffer, cursor) = frame(&state, &Theme::full());
        let at = cursor.expect("a cursor");
        assert_eq!(buffer[(at.x, at.y)].symbol(), "▸", "pane {pane}");
    }
}

#[test]
fn colours_say_what_words_and_signs_say() {
    let mut state = informed((120, 40));
    keys(&mut state, "1j ");
    let (buffer, _) = frame(&state, &Theme::full());
    snapshot("looks-120x40", &looks(&buffer));
}

#[test]
fn without_colours_nothing_is_lost() {
    let mut state = informed((120, 40));
    keys(&mut state, "1j ");
    let (coloured, _) = frame(&state, &Theme::full());
    let environment = |name: &str| match name {
        "TERM" => Some("xterm".to_owned()),
        "LANG" => Some("C.UTF-8".to_owned()),
        "NO_COLOR" => Some("1".to_owned()),
        _ => None,
    };
    let mono = Theme::of(&environment);
    let (plain, _) = frame(&state, &mono);
    assert_eq!(rows(&coloured), rows(&plain));
    for cell in plain.content() {
        assert_eq!((cell.fg, cell.bg), Default::default());
    }
}

/// The screens of this verbs.
fn verbs() -> Vec<(&'static str, State)> {
    let size = (120, 40);
    let mut groups = informed(size);
    news(&mut groups, News::Jobs(Arc::new(known::jobs_in_groups())));
    keys(&mut groups, "4gl");
    let mut share = informed(size);
    keys(&mut share, "1j j j 2hsm");
    let (gallery, access) = known::gallery_access();
    news(&mut share, News::Access(gallery, Some(access)));
    let mut machines = informed(size);
    keys(&mut machines, "1jjm");
    let of = machines.watch().machines.unwrap();
    news(&mut machines, News::Machines(of, known::machines()));
    let mut job = informed(size);
    let mut jobs = known::jobs();
    jobs.rows.insert(0, Arc::new(known::sixty()));
    news(&mut job, News::Jobs(Arc::new(jobs)));
    keys(&mut job, "4g<enter>");
    vec![
        ("deploy", super::deploy::planned(size)),
        ("groups", groups),
        ("share", share),
        ("machines", machines),
        ("job", job),
        ("sign-in", super::sign_in::with_code(size).0),
    ]
}

#[test]
fn colours_of_verbs_say_what_words_and_signs_say() {
    for (name, state) in verbs() {
        let (coloured, _) = frame(&state, &Theme::full());
        snapshot(&format!("looks-{name}-120x40"), &looks(&coloured));
        let environment = |name: &str| match name {
            "TERM" => Some("xterm".to_owned()),
            "LANG" => Some("C.UTF-8".to_owned()),
            "NO_COLOR" => Some("1".to_owned()),
            _ => None,
        };
        let (plain, _) = frame(&state, &Theme::of(&environment));
        assert_eq!(rows(&coloured), rows(&plain), "{name}");
    }
}

#[test]
fn verbs_without_unicode_get_ascii() {
    for (name, state) in verbs() {
        let (buffer, _) = frame(&state, &Theme::plain());
        let text = rows(&buffer).join("\n");
        assert!(text.is_ascii(), "{name}: {text}");
    }
}

#[test]
fn a_terminal_without_unicode_gets_ascii() {
    let mut state = informed((120, 40));
    keys(&mut state, "1j ");
    let (buffer, _) = frame(&state, &Theme::plain());
    let text = rows(&buffer).join("\n");
    // Of what comes from us; names are as they are.
    assert!(
        text.is_ascii(),
        "{}",
        text.chars().filter(|c| !c.is_ascii()).collect::<String>()
    );
    snapshot("ascii-120x40", &text);
}

#[test]
fn the_title_counts_trouble_of_each_kind() {
    let mut state = informed((120, 40));
    let mut estate = known::estate();
    for tenant in &mut estate.tenants {
        tenant.state = TenantState::Ok;
    }
    news(&mut state, News::Estate(Arc::new(estate)));
    let title = |state: &State| rows(&frame(state, &Theme::full()).0)[0].clone();
    assert!(!title(&state).contains("sign-in"), "{}", title(&state));
    let mut estate = known::estate();
    estate.tenants[0].reading = true;
    news(&mut state, News::Estate(Arc::new(estate)));
    assert!(title(&state).contains("7 tenants · 1 needs sign-in · 1 failed · reading…"));
}

#[test]
fn a_mark_is_dropped_with_its_tenant() {
    let mut state = informed((120, 40));
    keys(&mut state, "1j ");
    assert_eq!(state.marked.len(), 1);
    let mut estate = known::estate();
    let gone: TenantId = estate.tenants.remove(1).id;
    news(&mut state, News::Estate(Arc::new(estate)));
    assert!(!state.marked.contains(&gone));
}
