import fc from 'fast-check'

// A mutant has to be noticed, not explained: few runs of each property, and no search for the smallest example.
fc.configureGlobal({ numRuns: 30, endOnFailure: true, seed: 1 })
