package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const (
	chartWidth = 860
	labelWidth = 190
	plotWidth  = chartWidth - labelWidth - 90
)

// The colours are told apart by those who do not see all of them, and on light as on dark ground.
const (
	blue   = "#2f6fb3"
	orange = "#d9822b"
	grey   = "#8a8f98"
)

// chart is an SVG picture that grows downwards.
type chart struct {
	svg strings.Builder
	y   int
}

func (c *chart) draw(format string, args ...any) { _, _ = fmt.Fprintf(&c.svg, format+"\n", args...) }

func (c *chart) text(x, y int, anchor, class, text string) {
	c.draw(`<text x="%d" y="%d" text-anchor="%s" class="%s">%s</text>`, x, y, anchor, class, text)
}

func (c *chart) bar(x, y, width, height float64, colour, title string) {
	c.draw(`<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="1.5" fill="%s"><title>%s</title></rect>`, x, y, max(width, 1), height, colour, title)
}

func (c *chart) save(file, title string) error {
	picture := fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-label="%s">
<title>%s</title>
<style>text{font:12px system-ui,sans-serif;fill:#1d2430}.small{font-size:11px;fill:#5a6270}.axis{stroke:#c9ced6}</style>
<rect width="100%%" height="100%%" fill="#ffffff" rx="6"/>
%s</svg>
`, chartWidth, c.y+14, title, title, c.svg.String())
	return os.WriteFile(file, []byte(picture), 0o644) //nolint:gosec // it is published
}

func (c *chart) legend(entries ...[2]string) {
	x := labelWidth
	c.y = 28
	for _, entry := range entries {
		c.bar(float64(x), float64(c.y-10), 12, 10, entry[1], entry[0])
		c.text(x+18, c.y-1, "start", "small", entry[0])
		x += 26 + 7*len(entry[0])
	}
	c.y += 14
}

func (r *report) charts(out string) error {
	return errors.Join(r.waterfall(filepath.Join(out, "waterfall.svg")), r.byteChart(filepath.Join(out, "bytes.svg")), r.cpuChart(filepath.Join(out, "cpu.svg")))
}

// waterfall draws when each of six components is there, with the post service slowed by 500 ms.
func (r *report) waterfall(file string) error {
	var c chart
	c.legend([2]string{"needs the user service alone", blue}, [2]string{"needs the post service, +500 ms", orange})
	page := homePage(6)
	const full, row = 600.0, 7.0 // ms, pixels
	for ms := 0; ms <= int(full); ms += 100 {
		x := labelWidth + ms*plotWidth/int(full)
		c.draw(`<line x1="%d" x2="%d" y1="%d" y2="%d" class="axis"/>`, x, x, c.y, c.y+len(contenders)*60)
		c.text(x, c.y+len(contenders)*60+14, "middle", "small", fmt.Sprintf("%d ms", ms))
	}
	for _, contender := range contenders {
		samples := r.of(which{scenario: "S2", n: 6, delay: 500, contender: contender.name})
		if len(samples) == 0 {
			continue
		}
		c.text(labelWidth-10, c.y+30, "end", "", contender.name)
		for i := range page {
			at := median(values(samples, func(s sample) float64 { return s.Each[i] }))
			colour := blue
			if page[i].slow {
				colour = orange
			}
			c.bar(labelWidth, float64(c.y)+5+float64(i)*(row+1.5), min(at, full)/full*plotWidth, row, colour, fmt.Sprintf("%s: %s ms", page[i].kind, short(at)))
		}
		c.text(chartWidth-6, c.y+34, "end", "small", "first "+short(median(values(samples, first)))+" ms")
		c.y += 60
	}
	c.y += 20
	return c.save(file, "When each of six components is there, with one service slowed by 500 ms")
}

func (r *report) byteChart(file string) error {
	var c chart
	c.legend([2]string{"up", grey}, [2]string{"down, gzip or br", blue})
	most := 1
	for _, contender := range contenders {
		w := which{scenario: "S1", n: 6, contender: contender.name}
		most = max(most, r.count(w, up)+r.count(w, down))
	}
	for _, contender := range contenders {
		w := which{scenario: "S1", n: 6, contender: contender.name}
		sent, got := max(r.count(w, up), 0), max(r.count(w, down), 0)
		scale := float64(plotWidth) / float64(most)
		c.text(labelWidth-10, c.y+14, "end", "", contender.name)
		c.bar(labelWidth, float64(c.y)+3, float64(sent)*scale, 14, grey, fmt.Sprintf("%d up", sent))
		c.bar(labelWidth+float64(sent)*scale, float64(c.y)+3, float64(got)*scale, 14, blue, fmt.Sprintf("%d down", got))
		c.text(labelWidth+int(float64(sent+got)*scale)+6, c.y+14, "start", "small", fmt.Sprintf("%d + %d", sent, got))
		c.y += 22
	}
	return c.save(file, "Bytes of a page of six components")
}

func (r *report) cpuChart(file string) error {
	var c chart
	c.legend([2]string{"GraphQL", blue}, [2]string{"RPC", orange})
	most := 0.001
	for _, spent := range r.CPU {
		most = max(most, estimateOf(spent).High)
	}
	for _, contender := range contenders {
		e := estimateOf(r.CPU[contender.name])
		colour, scale := blue, plotWidth/most
		if strings.HasPrefix(contender.name, "rpc") {
			colour = orange
		}
		c.text(labelWidth-10, c.y+14, "end", "", contender.name)
		c.bar(labelWidth, float64(c.y)+3, e.Median*scale, 14, colour, e.String())
		c.draw(`<line x1="%.1f" x2="%.1f" y1="%d" y2="%d" stroke="#1d2430"/>`, labelWidth+e.Low*scale, labelWidth+e.High*scale, c.y+10, c.y+10)
		c.text(labelWidth+int(e.High*scale)+6, c.y+14, "start", "small", short(e.Median)+" ms")
		c.y += 22
	}
	return c.save(file, "Processor time of a page of six components")
}
