//! A program that runs for a test: dies with its owner, and is read line by line without
//! guessing how long anything takes.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

#[derive(Debug)]
pub struct Process {
    child: Child,
    lines: Mutex<mpsc::Receiver<String>>,
}

/// Why there is no further line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoLine {
    Ended,
    Late,
}

impl Process {
    /// Starts the command. Its standard output is drained for as long as it lives.
    pub fn spawn(command: &mut Command) -> Process {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
        let output = child.stdout.take().expect("stdout is piped");
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                // Nobody reads any more: go on draining, so that the program never blocks.
                sender.send(line).unwrap_or_default();
            }
        });
        Process { child, lines: Mutex::new(receiver) }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn next_line(&self, deadline: Instant) -> Result<String, NoLine> {
        let left = deadline.saturating_duration_since(Instant::now());
        let lines = self.lines.lock().expect("no reader panicked");
        lines.recv_timeout(left).map_err(|error| match error {
            mpsc::RecvTimeoutError::Disconnected => NoLine::Ended,
            mpsc::RecvTimeoutError::Timeout => NoLine::Late,
        })
    }

    /// Waits for a line that `is_it`; panics with what came instead.
    pub fn wait_for_line(&self, limit: Duration, is_it: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + limit;
        let mut others = Vec::new();
        loop {
            match self.next_line(deadline) {
                Ok(line) if is_it(&line) => return line,
                Ok(line) => others.push(line),
                Err(why) => panic!("the awaited line did not come ({why:?}); came: {others:#?}"),
            }
        }
    }

    /// SIGKILL: the process gets no chance to say goodbye.
    pub fn kill(&mut self) {
        self.child.kill().expect("a child of ours can be killed");
        self.child.wait().expect("a killed child can be waited for");
    }

    /// SIGTERM, by the shell: the standard library knows SIGKILL only.
    pub fn ask_to_stop(&self) {
        let sent = Command::new("sh").arg("-c").arg(format!("kill -TERM {}", self.pid())).status();
        assert!(sent.is_ok_and(|status| status.success()), "SIGTERM could not be sent");
    }

    /// Waits for the end of the process, which is the end of its output. `None` when it lives on.
    pub fn wait_for_exit(&mut self, limit: Duration) -> Option<ExitStatus> {
        let deadline = Instant::now() + limit;
        loop {
            match self.next_line(deadline) {
                Ok(_) => {}
                Err(NoLine::Ended) => return self.child.wait().ok(),
                Err(NoLine::Late) => return None,
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only for a process that has ended already.
        self.child.kill().unwrap_or_default();
        self.child.wait().map(drop).unwrap_or_default();
    }
}

/// What a command that ran to its end left behind.
#[derive(Clone, Debug)]
pub struct Finished {
    /// `None` when a signal ended it.
    pub code: Option<i32>,
    pub output: String,
    pub errors: String,
}

impl Finished {
    pub fn is_success(&self) -> bool {
        self.code == Some(0)
    }
}

/// Runs a command that is expected to end by itself. `None` when it does not.
pub fn run(command: &mut Command, limit: Duration) -> Option<Finished> {
    let mut errors: File = tempfile::tempfile().expect("a temporary file");
    let stderr = errors.try_clone().expect("a second handle of the file");
    let mut process = Process::spawn(command.stderr(stderr));
    let deadline = Instant::now() + limit;
    let mut output = String::new();
    loop {
        match process.next_line(deadline) {
            Ok(line) => output += &(line + "\n"),
            Err(NoLine::Ended) => break,
            Err(NoLine::Late) => return None,
        }
    }
    let code = process.child.wait().expect("a child can be waited for").code();
    let mut text = String::new();
    errors.rewind().expect("a file can be rewound");
    errors.read_to_string(&mut text).expect("standard error is UTF-8");
    Some(Finished { code, output, errors: text })
}
