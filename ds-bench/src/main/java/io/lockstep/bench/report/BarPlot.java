package io.lockstep.bench.report;

import java.util.List;

/// A bar plot with spreads, as a self-contained SVG.
public final class BarPlot {
    /// @param min least value over the rounds; `max`: greatest
    public record PlotBar(String name, double value, double min, double max) {}

    private static final int WIDTH = 720;
    private static final int ROW = 26;
    private static final int LEFT = 200;
    private static final int RIGHT = 80;
    private static final int TOP = 34;

    private BarPlot() {}

    /// @param unit whether values are multiples of something; then a line is drawn at 1
    public static String svg(String title, List<PlotBar> bars, boolean unit) {
        double max = bars.stream().mapToDouble(PlotBar::max).max().orElse(1);
        double scale = (WIDTH - LEFT - RIGHT) / Math.max(max, 1e-9);
        int height = TOP + ROW * bars.size() + 14;
        var svg = new StringBuilder(Svg.open(WIDTH, height, title));
        svg.append(Svg.text(8, 18, "start", title));
        for (int i = 0; i < bars.size(); i++) {
            var bar = bars.get(i);
            double y = TOP + ROW * i;
            double middle = y + ROW / 2.0 - 2;
            svg.append(Svg.text(LEFT - 8, middle + 4, "end", bar.name()))
                    .append(Svg.rectangle(LEFT, y, bar.value() * scale, ROW - 6.0, Svg.colour(0)))
                    .append(
                            Svg.line(
                                    LEFT + bar.min() * scale,
                                    middle,
                                    LEFT + bar.max() * scale,
                                    middle,
                                    "#222"))
                    .append(
                            Svg.text(
                                    LEFT + bar.max() * scale + 6,
                                    middle + 4,
                                    "start",
                                    Numbers.show(bar.value())));
        }
        if (unit) {
            svg.append(Svg.line(LEFT + scale, TOP - 6, LEFT + scale, height - 8, "#c33"));
        }
        return svg.append("</svg>\n").toString();
    }
}
