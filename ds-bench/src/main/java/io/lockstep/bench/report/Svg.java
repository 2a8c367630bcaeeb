package io.lockstep.bench.report;

import java.util.Locale;

/// Builds elements of SVG. Stateless.
final class Svg {
    private static final String[] COLOURS = {
        "#2a6fbb", "#c9562c", "#3a923a", "#7d5ba6", "#8c6d31", "#555555"
    };

    private Svg() {}

    static String open(int width, int height, String title) {
        return """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" \
        font-family="sans-serif" font-size="12"><title>%s</title>
        <rect width="100%%" height="100%%" fill="white"/>
        """
                .formatted(width, height, width, height, escape(title));
    }

    static String colour(int number) {
        return COLOURS[number % COLOURS.length];
    }

    static String text(double x, double y, String anchor, String text) {
        return text(x, y, anchor, text, "#222");
    }

    static String text(double x, double y, String anchor, String text, String colour) {
        return String.format(
                Locale.ROOT,
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"%s\">%s</text>%n",
                x,
                y,
                anchor,
                colour,
                escape(text));
    }

    static String line(double x1, double y1, double x2, double y2, String colour) {
        return String.format(
                Locale.ROOT,
                "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>%n",
                x1,
                y1,
                x2,
                y2,
                colour);
    }

    static String rectangle(double x, double y, double width, double height, String colour) {
        return String.format(
                Locale.ROOT,
                "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>%n",
                x,
                y,
                width,
                height,
                colour);
    }

    static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
