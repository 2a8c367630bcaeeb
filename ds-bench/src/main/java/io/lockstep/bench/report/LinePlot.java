package io.lockstep.bench.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// A line plot with axes, as a self-contained SVG.
public final class LinePlot {
    /// @param x values in ascending order
    public record Line(String name, List<Double> x, List<Double> y) {
        public Line {
            if (x.size() != y.size()) {
                throw new IllegalArgumentException("x and y must have the same length");
            }
        }
    }

    private static final int WIDTH = 720;
    private static final int HEIGHT = 300;
    private static final int LEFT = 70;
    private static final int BOTTOM = 45;
    private static final int TOP = 28;
    private static final int RIGHT = 20;
    private static final int TICKS = 5;

    private final String title;
    private final String xName;
    private final String yName;
    private final boolean logarithmicX;
    private final List<Line> lines = new ArrayList<>();

    public LinePlot(String title, String xName, String yName, boolean logarithmicX) {
        this.title = title;
        this.xName = xName;
        this.yName = yName;
        this.logarithmicX = logarithmicX;
    }

    public LinePlot add(Line line) {
        if (!line.x().isEmpty()) {
            lines.add(line);
        }
        return this;
    }

    public String svg() {
        var svg = new StringBuilder(Svg.open(WIDTH, HEIGHT, title));
        double minX = lines.stream().mapToDouble(l -> l.x().getFirst()).min().orElse(0);
        double maxX = lines.stream().mapToDouble(l -> l.x().getLast()).max().orElse(1);
        double maxY =
                lines.stream().flatMap(l -> l.y().stream()).mapToDouble(v -> v).max().orElse(1);
        var scale =
                new Scale(
                        logarithmicX ? Math.max(minX, maxX / 1e5) : Math.min(0, minX),
                        Math.max(maxX, minX + 1e-9),
                        Math.max(maxY, 1e-9));
        axes(svg, scale);
        for (int i = 0; i < lines.size(); i++) {
            line(svg, scale, lines.get(i), Svg.colour(i), i);
        }
        return svg.append("</svg>\n").toString();
    }

    private final class Scale {
        private final double minX;
        private final double maxX;
        private final double maxY;

        Scale(double minX, double maxX, double maxY) {
            this.minX = minX;
            this.maxX = maxX;
            this.maxY = maxY;
        }

        private double part(double x) {
            double at = Math.max(x, minX);
            return logarithmicX && minX > 0
                    ? Math.log(at / minX) / Math.max(1e-9, Math.log(maxX / minX))
                    : (at - minX) / (maxX - minX);
        }

        double x(double value) {
            return LEFT + part(value) * (WIDTH - LEFT - RIGHT);
        }

        double y(double value) {
            return HEIGHT - BOTTOM - value / maxY * (HEIGHT - BOTTOM - TOP);
        }

        double xAt(int tick) {
            double part = (double) tick / TICKS;
            return logarithmicX && minX > 0
                    ? minX * Math.pow(maxX / minX, part)
                    : minX + part * (maxX - minX);
        }
    }

    private void axes(StringBuilder svg, Scale scale) {
        for (int tick = 0; tick <= TICKS; tick++) {
            double y = scale.maxY * tick / TICKS;
            double x = scale.xAt(tick);
            svg.append(Svg.line(LEFT, scale.y(y), WIDTH - RIGHT, scale.y(y), "#ddd"))
                    .append(Svg.text(LEFT - 6, scale.y(y) + 4, "end", Numbers.show(y)))
                    .append(Svg.text(scale.x(x), HEIGHT - BOTTOM + 16, "middle", Numbers.show(x)));
        }
        svg.append(Svg.text(WIDTH / 2.0, HEIGHT - 8, "middle", xName))
                .append(Svg.text(8, 16, "start", yName));
    }

    private static void line(StringBuilder svg, Scale scale, Line line, String colour, int number) {
        svg.append("<polyline fill=\"none\" stroke-width=\"1.6\" stroke=\"")
                .append(colour)
                .append("\" points=\"");
        for (int i = 0; i < line.x().size(); i++) {
            svg.append(
                    String.format(
                            Locale.ROOT,
                            "%.1f,%.1f ",
                            scale.x(line.x().get(i)),
                            scale.y(line.y().get(i))));
        }
        svg.append("\"/>\n")
                .append(
                        Svg.text(
                                WIDTH - RIGHT - 8,
                                TOP + 14 + 15 * number,
                                "end",
                                line.name(),
                                colour));
    }
}
