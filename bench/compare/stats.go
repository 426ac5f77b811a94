package main

import (
	"math/rand/v2"
	"slices"
)

const samples = 2000 // of a bootstrap

// estimate is a median with its 95 % interval.
type estimate struct{ Median, Low, High float64 }

// estimateOf resamples values with replacement (Efron 1979), from a fixed seed: the same values give the same interval.
func estimateOf(values []float64) estimate {
	if len(values) == 0 {
		return estimate{}
	}
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // repeatable on purpose
	medians, sample := make([]float64, samples), make([]float64, len(values))
	for i := range medians {
		for j := range sample {
			sample[j] = values[random.IntN(len(values))]
		}
		medians[i] = median(sample)
	}
	slices.Sort(medians)
	return estimate{median(values), medians[samples*25/1000], medians[samples*975/1000]}
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// ratios divides value by value: those of two contenders in the same rounds.
func ratios(of, to []float64) []float64 {
	divided := make([]float64, min(len(of), len(to)))
	for i := range divided {
		divided[i] = of[i] / to[i]
	}
	return divided
}

// noWorse and better are the decisions of the rules, on a ratio where less is better.
func (e estimate) noWorse() bool { return e.High <= 1.05 }
func (e estimate) better() bool  { return e.High < 1 && e.Median <= 0.9 }
