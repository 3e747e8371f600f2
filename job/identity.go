package job

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// identityKeys are the settings on which pruned weights depend, but for the
// samples, of which the rows say all.
var identityKeys = append([]string{"version", "cpu", "precision", "rows"}, recipeKeys[1:]...)

// identity returns them as JSON.
func (s Settings) identity(rows [][]int) ([]byte, error) {
	s.Calib, s.Pack, s.Samples, s.SampleLen, s.Seed = "", false, 0, 0, 0
	values, err := s.values()
	if err != nil {
		return nil, err
	}
	h := sha256.New()
	for _, row := range rows {
		binary.Write(h, binary.LittleEndian, int64(len(row)))
		for _, id := range row {
			binary.Write(h, binary.LittleEndian, int64(id))
		}
	}
	values["rows"], err = json.Marshal(hex.EncodeToString(h.Sum(nil)))
	return object(identityKeys, values), err
}

// otherSettings is the error of resuming what had other settings.
func otherSettings(what string, was, now []byte) error {
	difference, err := differences(was, now)
	if err != nil {
		return fmt.Errorf("cannot resume: the settings of %s are damaged: %w", what, err)
	}
	return fmt.Errorf("cannot resume: %s had other settings: %s", what, difference)
}

// differences says which of two objects' fields differ, and how.
func differences(saved, now []byte) (string, error) {
	var a, b map[string]json.RawMessage
	if err := errors.Join(json.Unmarshal(saved, &a), json.Unmarshal(now, &b)); err != nil {
		return "", err
	}
	all := maps.Clone(a)
	maps.Copy(all, b)
	var list []string
	for _, key := range slices.Sorted(maps.Keys(all)) {
		switch x, y := string(a[key]), string(b[key]); {
		case x == y:
		case key == "rows":
			list = append(list, "other calibration samples")
		default:
			list = append(list, fmt.Sprintf("%s was %s, not %s", key, orNone(x), orNone(y)))
		}
	}
	return strings.Join(list, ", "), nil
}

func orNone(value string) string {
	if value = strings.Trim(value, `"`); value == "" {
		return "unset"
	}
	return value
}
