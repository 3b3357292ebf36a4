package peft

import (
	"math"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
)

// scale sets α and s as PEFT's LoraLayer.update_layer does: α/r, or α/√r with use_rslora.
func (c *Config) scale(path string, m *adapter.Module) error {
	m.Alpha = c.Alpha
	if alpha, ok := c.AlphaPattern.Lookup(m.Name); ok {
		m.Alpha = alpha
	}
	m.Scale = m.Alpha / float64(m.Rank)
	if c.UseRSLoRA {
		m.Scale = m.Alpha / math.Sqrt(float64(m.Rank))
	}
	if math.IsNaN(m.Scale) || math.IsInf(m.Scale, 0) || math.Abs(m.Scale) > math.MaxFloat32 {
		return fault.In(path, "module %q has the scale %v", m.Name, m.Scale).Mend("correct lora_alpha in " + ConfigFile)
	}
	return nil
}
