//! SVG from a layout.

use std::fmt::Write;

use peerwright_core::count::counted;

use super::super::words::colour;
use super::layout::{CARD_LINE, Card, Labelled, Layout, MARGIN, Rect};
use super::text::escape;
use super::{Connection, Network, Standing};

const STYLE: &str = "\
text{font-family:ui-sans-serif,system-ui,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif;fill:#1f2328}\
.h1{font-size:20px;font-weight:600}.h2{font-size:14px;font-weight:600}.h3{font-size:12.5px;font-weight:600}\
.small{font-size:11.5px;fill:#59636e}.id{font-size:10.5px;fill:#59636e}.id,.cidr{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}\
.cidr{font-size:11px}.account{fill:#f6f8fa;stroke:#d1d9e0}.region{fill:#fff;stroke:#d1d9e0;stroke-dasharray:2 3}.vpc{fill:#eaf4ff;stroke:#8cbcf0}\
.line{fill:none;stroke-width:2}.card{fill:#fff;stroke-width:1.5}";

pub(super) fn svg(network: &Network, layout: &Layout) -> String {
    let mut svg = String::new();
    let Layout { width, height, .. } = *layout;
    // Writing to a string does not fail.
    let _ = writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" role=\"img\" aria-labelledby=\"title description\">"
    );
    let _ = writeln!(
        svg,
        "<title id=\"title\">VPC peering connections</title>\n<desc id=\"description\">{}</desc>",
        escape(&description(network))
    );
    let _ = writeln!(svg, "<style>{STYLE}</style>\n<defs>{}</defs>", arrows());
    let _ = writeln!(svg, "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>");
    text(&mut svg, MARGIN, 40.0, "h1", "VPC peering connections");
    text(&mut svg, MARGIN, 62.0, "small", "Accounts, Regions, VPCs and connections as Describe calls and the ledger show them");
    layout.accounts.iter().for_each(|account| draw_account(&mut svg, account));
    layout.regions.iter().for_each(|region| draw_region(&mut svg, region));
    for line in &layout.lines {
        draw_line(&mut svg, network.connections[line.connection].standing, &line.path, line.arrives);
    }
    layout.vpcs.iter().for_each(|vpc| draw_vpc(&mut svg, vpc));
    network.connections.iter().zip(&layout.cards).for_each(|(connection, card)| draw_card(&mut svg, connection, card));
    legend(&mut svg, network, layout.legend);
    let mut y = layout.legend;
    for line in &layout.unread {
        y += CARD_LINE;
        text(&mut svg, MARGIN, y, "small", line);
    }
    svg.push_str("</svg>\n");
    svg
}

fn description(network: &Network) -> String {
    let sentences = network.connections.iter().map(|connection| {
        let Connection { name, id, state, details, reason, .. } = connection;
        let ends = [connection.requester, connection.accepter].map(|at| network.vpcs[at].id.as_str()).join(" to ");
        let reason = reason.as_ref().map(|reason| format!(" {}: {reason}.", connection.standing.as_str())).unwrap_or_default();
        let told = std::iter::once(state).chain(details).map(String::as_str).collect::<Vec<_>>().join(", ");
        format!("{name} ({id}) from {ends}: {told}.{reason}")
    });
    let count =
        format!("{}, {}.", counted(network.vpcs.len(), "VPC", "VPCs"), counted(network.connections.len(), "connection", "connections"));
    std::iter::once(count).chain(sentences).collect::<Vec<_>>().join(" ")
}

/// Dashed where nothing flows.
const fn dashes(standing: Standing) -> &'static str {
    match standing {
        Standing::Waiting | Standing::Held => " stroke-dasharray=\"6 5\"",
        Standing::Isolated => " stroke-dasharray=\"14 5\"",
        Standing::Unknown => " stroke-dasharray=\"2 6\"",
        Standing::Ended => " stroke-dasharray=\"1 5\" stroke-linecap=\"round\"",
        Standing::Working | Standing::Limited | Standing::Blocked | Standing::Unmanaged => "",
    }
}

fn arrows() -> String {
    let mut arrows = String::new();
    for standing in Standing::ALL {
        let _ = write!(
            arrows,
            "<marker id=\"arrow-{}\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"5\" markerHeight=\"5\" orient=\"auto\"><path d=\"M0 0L10 5L0 10z\" fill=\"{}\"/></marker>",
            standing.as_str(),
            colour(standing)
        );
    }
    arrows
}

fn rect(svg: &mut String, rect: &Rect, radius: u32, attributes: &str) {
    let Rect { x, y, width, height } = rect;
    let _ = writeln!(svg, "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"{radius}\" {attributes}/>");
}

fn text(svg: &mut String, x: f64, y: f64, class: &str, content: &str) {
    let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" class=\"{class}\">{}</text>", escape(content));
}

fn draw_account(svg: &mut String, account: &Labelled) {
    rect(svg, &account.rect, 10, "class=\"account\"");
    for (at, line) in account.lines.iter().enumerate() {
        let (y, class) = if at == 0 { (19.0, "h2") } else { (34.0, "id") };
        text(svg, account.rect.x + 13.0, account.rect.y + y, class, line);
    }
}

fn draw_region(svg: &mut String, region: &Labelled) {
    rect(svg, &region.rect, 8, "class=\"region\"");
    region.lines.iter().for_each(|line| text(svg, region.rect.x + 12.0, region.rect.y + 17.0, "small", line));
}

fn draw_vpc(svg: &mut String, vpc: &Labelled) {
    rect(svg, &vpc.rect, 6, "class=\"vpc\"");
    let mut y = vpc.rect.y + 19.0;
    // Its id may be all that is known.
    let named = vpc.lines.first().is_some_and(|first| !first.starts_with("vpc-"));
    for (at, line) in vpc.lines.iter().enumerate() {
        let class = ["h3", "id"].get(at + usize::from(!named)).unwrap_or(&"cidr");
        text(svg, vpc.rect.x + 11.0, y, class, line);
        y += 15.0;
    }
}

fn draw_line(svg: &mut String, standing: Standing, path: &str, arrives: bool) {
    let arrow = if arrives { format!(" marker-end=\"url(#arrow-{})\"", standing.as_str()) } else { String::new() };
    let _ = writeln!(svg, "<path class=\"line\" d=\"{path}\" stroke=\"{}\"{}{arrow}/>", colour(standing), dashes(standing));
}

fn draw_card(svg: &mut String, connection: &Connection, card: &Card) {
    let standing = connection.standing;
    let _ = writeln!(svg, "<g><title>{}</title>", escape(&format!("{}: {}", connection.name, connection.state)));
    rect(svg, &card.rect, 8, &format!("class=\"card\" stroke=\"{}\"{}", colour(standing), dashes(standing)));
    let mut y = card.rect.y + 20.0;
    let mut line = |indent: f64, class: &str, style: &str, content: &str| {
        let x = card.rect.x + 12.0 + indent;
        let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" class=\"{class}\"{style}>{}</text>", escape(content));
        y += CARD_LINE;
    };
    card.name.iter().for_each(|name| line(0.0, "h3", "", name));
    line(0.0, "id", "", &connection.id);
    card.state.iter().for_each(|state| line(0.0, "h3", &format!(" style=\"fill:{}\"", colour(standing)), state));
    card.details.iter().for_each(|detail| line(0.0, "small", "", detail));
    for (at, part) in card.reason.iter().enumerate() {
        let (indent, shown) = if at == 0 { (0.0, format!("• {part}")) } else { (9.0, part.clone()) };
        line(indent, "small", "", &shown);
    }
    svg.push_str("</g>\n");
}

/// Only of what is in the picture.
fn legend(svg: &mut String, network: &Network, y: f64) {
    let mut x = MARGIN;
    let shown = Standing::ALL.into_iter().filter(|standing| network.connections.iter().any(|connection| connection.standing == *standing));
    for standing in shown {
        draw_line(svg, standing, &format!("M{x:.1} {:.1}L{:.1} {:.1}", y - 4.0, x + 34.0, y - 4.0), true);
        text(svg, x + 42.0, y, "small", standing.as_str());
        x += 118.0;
    }
}
