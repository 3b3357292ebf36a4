package adapter

import "sync"

// turns puts tensors together whose elements take turns in one that is stored. The parts come in any
// order, and wait until the last of them is there.
type turns struct {
	mu      sync.Mutex
	waiting map[string]*waiting // by the stored tensor's name
}

type waiting struct {
	parts   [][]byte
	missing int
}

// add takes the bytes of a part, and writes the stored tensor if it was the last.
func (t *turns) add(file placer, place *Place, p part, data []byte) error {
	whole := t.enter(place, p, data)
	if whole == nil {
		return nil
	}
	width := place.DType.Bits() / 8
	round := width * p.many
	buffer := make([]byte, max(1, readBlock/round)*round)
	for done := 0; done < len(data)*p.many; done += len(buffer) {
		block := buffer[:min(len(buffer), len(data)*p.many-done)]
		first := done / p.many // the place of the block's first elements in each part
		for at, data := range whole {
			copyStrided(block[at*width:], round, data[first:][:len(block)/p.many], width, width)
		}
		if err := file.WriteAt(place.Name, block, int64(done)); err != nil {
			return err
		}
	}
	return nil
}

// enter gives all parts once they are there.
func (t *turns) enter(place *Place, p part, data []byte) [][]byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.waiting == nil {
		t.waiting = make(map[string]*waiting)
	}
	w := t.waiting[place.Name]
	if w == nil {
		w = &waiting{make([][]byte, p.many), p.many}
		t.waiting[place.Name] = w
	}
	if w.parts[p.at] == nil {
		w.missing--
	}
	w.parts[p.at] = data
	if w.missing > 0 {
		return nil
	}
	delete(t.waiting, place.Name)
	return w.parts
}

// WaitingBytes is the memory that tensors take at most in which modules take turns, when that many
// modules are written at once.
func WaitingBytes(modules []*Module, jobs int) int64 {
	var most int64
	for _, m := range modules {
		if m.Form == Expert {
			many := int64(partOf(m.Name).many)
			most = max(most, (2+int64(jobs)/many)*many*max(m.A.Size(), m.B.Size()))
		}
	}
	return most
}
