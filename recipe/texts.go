package recipe

// Texts gives every parameter as the language has it, by name, defaults included; "~" is
// written for one that has neither value nor default.
func (p *Params) Texts() map[string]string { return p.texts(valueText) }

// TextsOf are the same as adapters get them, in their order and whatever they are called.
func (p *Params) TextsOf(adapters []string) map[string]string { return p.texts(textOfEach(adapters)) }

func (p *Params) texts(text func(value any) string) map[string]string {
	out := make(map[string]string, len(p.declared))
	for _, declared := range p.declared {
		out[declared.Name] = text(p.Value(declared.Name))
	}
	return out
}

// InputsText is the value of the stage's verb, as the language has it: references,
// or paths by name.
func (s *Stage) InputsText() string { return s.inputsText() }
