//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"
)

// browser is a tab of Chromium without a window, which is spoken to in the DevTools
// protocol through a pipe: messages of JSON, a zero byte after each.
// https://chromedevtools.github.io/devtools-protocol
type browser struct {
	to      io.Writer
	from    *bufio.Reader
	calls   int
	session string
	fetched []string // addresses that the tab asked for
	said    []string // what its pages wrote to the console
}

// message is a call's answer, which has its number, or an event, which has a method.
type message struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  json.RawMessage `json:"error"`
}

// openBrowser skips the test where there is no browser.
func openBrowser(t testing.TB) *browser {
	t.Helper()
	b := startBrowser(t, browserPath(t))
	var target struct{ TargetID string }
	b.call(t, "Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.call(t, "Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	for _, domain := range []string{"Page", "Network", "Runtime", "Log"} {
		b.call(t, domain+".enable", nil, nil)
	}
	return b
}

func browserPath(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"chromium", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("neither chromium nor google-chrome is on PATH")
	return ""
}

// startBrowser gives the browser a folder that is not t.TempDir, which would insist on
// removing it while the browser's children may still write there, and closes it by its
// own command, after which they seldom do.
func startBrowser(t testing.TB, path string) *browser {
	t.Helper()
	profile, err := os.MkdirTemp("", "loramerge-browser-")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute) // t's ends before the cleanup
	command := exec.CommandContext(ctx, path, "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--user-data-dir="+profile)
	calls, answers := pipe(t), pipe(t)
	command.ExtraFiles = []*os.File{calls.reader, answers.writer} // 3 and 4 there
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	calls.reader.Close()
	answers.writer.Close()
	t.Cleanup(func() {
		calls.writer.WriteString(`{"id": 0, "method": "Browser.close"}` + "\x00")
		command.Wait()
		cancel()
		calls.writer.Close()
		answers.reader.Close()
		os.RemoveAll(profile)
	})
	return &browser{to: calls.writer, from: bufio.NewReader(answers.reader)}
}

type pipeEnds struct{ reader, writer *os.File }

func pipe(t testing.TB) pipeEnds {
	t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	return pipeEnds{reader, writer}
}

// call asks the browser for something and waits for the answer.
func (b *browser) call(t testing.TB, method string, params map[string]any, result any) {
	t.Helper()
	b.calls++
	request := map[string]any{"id": b.calls, "method": method, "params": params}
	if params == nil {
		delete(request, "params")
	}
	if b.session != "" {
		request["sessionId"] = b.session
	}
	text, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.to.Write(append(text, 0)); err != nil {
		t.Fatalf("%s: %v", method, err)
	}
	answer := b.await(t, func(m message) bool { return m.ID == b.calls })
	if answer.Error != nil {
		t.Fatalf("%s: %s", method, answer.Error)
	}
	if result != nil {
		if err := json.Unmarshal(answer.Result, result); err != nil {
			t.Fatalf("%s: %v in %s", method, err, answer.Result)
		}
	}
}

// await reads messages up to the one that is wanted, and notes what they tell.
func (b *browser) await(t testing.TB, wanted func(message) bool) message {
	t.Helper()
	for {
		text, err := b.from.ReadBytes(0)
		if err != nil {
			t.Fatalf("the browser has stopped talking: %v", err)
		}
		var m message
		if err := json.Unmarshal(bytes.TrimSuffix(text, []byte{0}), &m); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		b.note(t, m)
		if wanted(m) {
			return m
		}
	}
}

func (b *browser) note(t testing.TB, m message) {
	t.Helper()
	switch m.Method {
	case "Network.requestWillBeSent":
		var sent struct{ Request struct{ URL string } }
		if err := json.Unmarshal(m.Params, &sent); err != nil {
			t.Fatal(err)
		}
		b.fetched = append(b.fetched, sent.Request.URL)
	case "Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Page.javascriptDialogOpening":
		b.said = append(b.said, string(m.Params))
	}
}

// open loads a page.
func (b *browser) open(t testing.TB, address string) {
	t.Helper()
	b.fetched, b.said = nil, nil
	b.call(t, "Page.navigate", map[string]any{"url": address}, nil)
	b.await(t, func(m message) bool { return m.Method == "Page.loadEventFired" })
}

// evaluate gives the value of an expression of JavaScript in the page.
func (b *browser) evaluate(t testing.TB, expression string, value any) {
	t.Helper()
	var answer struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails json.RawMessage
	}
	b.call(t, "Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true, "awaitPromise": true}, &answer)
	if answer.ExceptionDetails != nil {
		t.Fatalf("%s: %s", expression, answer.ExceptionDetails)
	}
	if err := json.Unmarshal(answer.Result.Value, value); err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
}

// keyCodes are those of the keys that the tests press.
var keyCodes = map[string]int{"Tab": 9, "End": 35, "Home": 36, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40}

// press strikes keys, one after the other.
func (b *browser) press(t testing.TB, keys ...string) {
	t.Helper()
	for _, key := range keys {
		for _, move := range []string{"rawKeyDown", "keyUp"} {
			b.call(t, "Input.dispatchKeyEvent", map[string]any{"type": move, "key": key, "code": key, "windowsVirtualKeyCode": keyCodes[key]}, nil)
		}
	}
}
