// Package run is how a plan becomes its outputs: surveys that must see whole
// adapters first, then one module after another through the whole graph, several in parallel,
// each written at its place; the cache between runs, the lock beside the recipe, and the
// outputs that take their places whole. Nothing here prints, exits, or reads the clock.
//
// # The order of a run
//
// [Run] is the whole of it, in run.go, and execution.go has what it works with. It reads the lock
// (locksession.go) and finds out which scores are known (scoring.go); if nothing is left to do, it ends.
// Otherwise it works on a copy of the plan's graph (graph.go), whose nodes may change:
//
//   - Surveys settle what only whole adapters show, such as ranks by energy (survey.go).
//   - With the Ops now known, it is decided where losses (measure.go, contrast.go) and sizes (size.go,
//     sizings.go) are measured, and which stages do their work in one pass (fuse.go).
//   - save.go computes. each (compute.go) takes the modules one after another (work.go), as many at once as
//     fit into the memory. Each walks through the graph (walk.go) from the loads to its targets: the saves, and
//     nodes beside the graph that only watch. What the cache has is not computed (recall.go, keep.go).
//   - Adapters without a score are shown to evaluators (subject.go, measurescores.go) and all are judged
//     (judge.go). Then the outputs are finished and take their places (output.go), and the lock is written.
//
// Others use parts of this: [Score] writes nothing but what is shown to evaluators (score.go), [Verify] compares
// instead of saving, [Retrace] watches for a report, and [Foresee] (foresee.go, cached.go, rankcuts.go), [Outcomes]
// (outcomes.go) and [Commands] (commands.go) tell a plan what a run would do.
//
// # The cache
//
// It keeps a value if it took longer to compute than to write and read (keep.go), and with it
// what was lost on the way, so that a warm run reports what a cold one does; of a survey that
// chooses ranks it keeps these. Where several plans share results (Options.Shared), these and
// what surveys find for them are kept instead, as far as something that is not shared is made
// from them. An entry that can't be read is computed again, with a warning. A cache that can't
// be written ends the keeping, not the run.
//
// Whether a file has changed since it was hashed is asked of its stat; what is compared,
// and what happens within the clock's resolution, is described in internal/fileindex. A file
// that changes while a run reads it ends the run.
//
// # The lock
//
// The lock holds a run to the inputs of the last one: it is compared before any work where
// the inputs' hashes are known or the outputs exist already, otherwise during the work and
// before any output is put in place. An edit of the recipe renews it; a changed input needs
// LockUpdate. A lock that can't be written is a warning. What changes no byte is in it to be
// read, and never compared: the tool's version, and where an input came from. On another
// class of matrix kernels the last bits may differ: the lock stays as it is, and LockFrozen
// refuses.
//
// There is one lock for a recipe, of its variables' defaults, and none for values that are
// given on the command line: a lock pins what is committed and reviewed, and those values are
// neither. Such a run is held to the locked inputs and writes no lock. To commit other
// values, write a recipe that loads this one's stages with `set`, which has a lock of
// its own. A lock for each set of values would lie beside the recipe for ever, one for every
// trial of a sweep.
//
// # Scores
//
// What a scored stage shows to its commands is written during the merge, module by module, as the
// outputs are: each adapter as its save writes it, without metadata, in a folder that is named after
// the digest of its two files and what it carries (subject.go). The base model is an adapter of zeros.
// Commands can read the files and not change them, and what a killed process leaves of such folders
// the next one removes (scratch.go).
// The digest of a score is made of that digest, the documents, and the command with what it reads; it
// holds neither names nor gates nor the program's version (scoring.go).
//
// Which digest an adapter has, only its bytes tell. The cache remembers it under the digest of what
// the adapter is made from, so that a run that has nothing to do finds that out without any work, and
// one that would have to start a command without leave stops before any. Where the cache is empty and
// the lock has scores, as in a fresh clone, the merge is computed first.
//
// A score is kept as soon as it is measured. Outputs take their places, and lock and scores are
// written, only after all gates have been judged; the lock pins the file of the documents' scores, which
// is written first.
//
// # Verifying
//
// Verify begins with what needs no arithmetic: the inputs' hashes against those in the
// metadata, the names and shapes of the recipe's tensors against the file's. Then it computes
// the one output, module by module, and compares what would be written with the file as it
// comes. Nothing is written, so that a small file whose recipe would give a large one costs
// nothing. The card is for people, says the version and depends on what the run measured: it
// is not compared, except for the inputs' hashes in it, and a run puts it back.
package run
