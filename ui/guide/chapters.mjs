// The user guide, in one source: what is said beside which screen of the tour (e2e/field-tour.mjs). `{key}` becomes what that
// button or heading says in the app, so the guide cannot name a button that is called otherwise.
//   node e2e/field-guide.mjs writes zh-CN.md, en.md and their pictures.
export const CHAPTERS = [
  {
    title: ['今日：早上先看这里', 'Today: where the morning begins'],
    lead: [
      '没有网也能打开。逾期的在最前，关爱在后，再按楼栋从上往下排。',
      'It opens without a network. What is late comes first, then people in care, then the walk, top floor down.',
    ],
    steps: [
      {
        screen: '01-today',
        say: [
          '点一行就去办那件事，不用先看资料。最上面一条是早会简报。',
          'Tap a row to do it; no profile comes first. The line at the top is the morning brief.',
        ],
      },
      {
        screen: '01b-brief',
        say: [
          '早会上照着念：逾期几件、今天几件、关爱几户，昨天发现了什么。',
          'What to say at the stand-up: what is late, what is due, whom to look after, what was found yesterday.',
        ],
      },
      {
        screen: '03h-visit-later',
        say: [
          '今天办不了：在那件事的页面点“{later.ask}”，选哪天、为什么。最多推两次。',
          'Not today: on the page of the task tap “{later.ask}”, choose the day and why. Twice at most.',
        ],
      },
      {
        screen: '01d-today-later',
        say: [
          '推后的排在最下面，写着等到哪天。要今天办，点进去再点“{later.back}”。',
          'What waits stands last, with its day. To do it today after all, open it and tap “{later.back}”.',
        ],
      },
    ],
  },
  {
    title: ['走访：二十秒一户', 'A visit: twenty seconds a door'],
    lead: [
      '上次问到的都已填好。没变化就一下，有变化只改那一项。',
      'The last answers are filled in. Nothing changed is one tap; what changed is the one field that you touch.',
    ],
    steps: [
      {
        screen: '03-visit',
        say: [
          '核对过都没变，点“{visit.noChange}”。',
          'You checked and nothing changed: tap “{visit.noChange}”.',
        ],
      },
      {
        screen: '03b-visit-changed',
        say: [
          '改了哪几项，下面写得明白；其余照旧。',
          'The bar below says what you changed; the rest stays as before.',
        ],
      },
      {
        screen: '03d-visit-refused',
        say: [
          '不愿开门也是一种结果，一下就记好，以后先打电话。',
          'Not wanting a visit is a result like any other: one tap, and from then on phone first.',
        ],
      },
      {
        screen: '03l-visit-others',
        say: [
          '这一户还有别的事，存好后就列出来：点一行接着办，或点“{visit.notNow}”。',
          'What else there is behind that door is listed once it is saved: tap a row to go on, or “{visit.notNow}”.',
        ],
      },
      {
        screen: '03g-visit-saved',
        say: [
          '存好就是存在本机了。漏了什么，点“{household.amend}”。',
          'Saved means kept on this phone. Forgot something: tap “{household.amend}”.',
        ],
      },
    ],
  },
  {
    title: ['关爱：先问过本人', 'Care: the person is asked first'],
    lead: [
      '名单上不写类型，旁人看见也不知道是什么事。',
      'A list never says why somebody is in it, because a neighbour may look on.',
    ],
    steps: [
      {
        screen: '13b-care',
        say: [
          '见到人、没什么事，点“{care.support.usual}”。',
          'You saw the person and all is well: tap “{care.support.usual}”.',
        ],
      },
      {
        screen: '13g-care-consent-sheet',
        say: [
          '没问过的先问：同意哪些事、谁在场、到哪天。本人随时能撤回。',
          'Ask first: what the person agrees to, who was there, until when. It can be withdrawn at any time.',
        ],
      },
      {
        screen: '13c-care-open-sheet',
        say: [
          '需求和提醒要说明用途才打开，一刻钟后自己合上。',
          'Needs and notes open for a purpose that you give, and close by themselves after a quarter of an hour.',
        ],
      },
    ],
  },
  {
    title: ['填表：只问要问的', 'Fill in a form: ask only what has to be asked'],
    lead: [
      '部门要的表排在今日，也在“{tab.me}”里。登记里有的、上次填过的已经填好，没有网也能填。',
      'Forms that an office wants stand in the day’s list and under “{tab.me}”. What is held or was answered before is filled in; no network is needed.',
    ],
    steps: [
      {
        screen: '17b-form',
        say: [
          '谁要、做什么用、依据、什么时候交，都写着。点“下一户”一户一户来。',
          'Who wants it, what for, on what ground and by when are said. The button below goes door by door.',
        ],
      },
      {
        screen: '17c-form-door',
        say: [
          '要问的在上面，答完点“{act.save}”。不愿意答的不用劝。',
          'What has to be asked stands on top; answer it and tap “{act.save}”. Nobody has to answer.',
        ],
      },
      {
        screen: '17e-form-unchanged',
        say: [
          '其余的折着，不对的点开改。改了的，住户登记里也跟着改。',
          'The rest is folded; open it to correct what is wrong. The register of the home is corrected with it.',
        ],
      },
    ],
  },
  {
    title: ['场所检查：先都合格，再改例外', 'Checking a shop: all in order, then the exceptions'],
    lead: [
      '店铺、工地在“{tab.households}”里，到日子的也排在今日。没有网也能查。',
      'Shops and sites are under “{tab.households}”; those that are due stand in the day’s list too. No network is needed.',
    ],
    steps: [
      {
        screen: '15-places',
        say: ['该查的在前，写着上次怎样。', 'What is due comes first, with how it was last time.'],
      },
      {
        screen: '15c-place-visit',
        say: [
          '点“{place.allPass}”，再把例外改成“{place.answer.fail}”。没开门、拒查，检查项不用填。',
          'Tap “{place.allPass}”, then change the exceptions to “{place.answer.fail}”. A shut door or a refusal asks for no items.',
        ],
      },
      {
        screen: '15d-place-wanting',
        say: [
          '不合格的写一句，要紧的“{place.report}”：类别、地点已经填好，报完接着查。',
          'Say what is wanting; if it matters, “{place.report}”: kind and place are filled in, and the check goes on afterwards.',
        ],
      },
    ],
  },
  {
    title: ['上报隐患：三下', 'Report a hazard: three taps'],
    lead: [
      '拍一张，选是什么，存好。地点是猜的，不对就点一下改。',
      'Take a photo, say what it is, save. The place is a guess: tap it if it is wrong.',
    ],
    steps: [
      {
        screen: '04-report-empty',
        say: [
          '点下面的“{tab.report}”，拍照。写到一半也会留着。',
          'Tap “{tab.report}” below and take the photo. What is half written is kept.',
        ],
      },
      {
        screen: '04b-report',
        say: [
          '不急的能当场办：选“{report.handled}”，再拍一张处置后。',
          'Put right on the spot: choose “{report.handled}” and take another photo afterwards.',
        ],
      },
      {
        screen: '06-incident',
        say: [
          '之后谁受理、谁在办、还剩多少工作时间，都在这里；休息时间不计时。',
          'Who accepted it, who works on it and how much working time is left stand here; the clock rests out of hours.',
        ],
      },
    ],
  },
  {
    title: ['代办：一步步跟到办完', 'An errand: followed to its end'],
    lead: [
      '替居民跑的事，类别选“代办”。不用拍照，写明就行；办到哪一步，随时念给他听。',
      'What is run for a resident is an errand. It needs no photo, only words, and how far it is can be read out at any time.',
    ],
    steps: [
      {
        screen: '04n-report-errand',
        say: [
          '当场办得好，选“{incident.errand.onSpot}”，写一句结果；办不好，选“{incident.errand.follow}”。',
          'Done at once: “{incident.errand.onSpot}” and a sentence. Otherwise “{incident.errand.follow}”.',
        ],
      },
      {
        screen: '06k-errand',
        say: [
          '点“{incident.errand.add}”把要跑的路列出来。“{incident.tell.title}”里的话可以照念，也能转发，里面没有谁的名字和门牌。',
          '“{incident.errand.add}” lists the way. The words “{incident.tell.title}” can be read out or sent on; no name and no door is in them.',
        ],
      },
      {
        screen: '06m-errand-moved',
        say: [
          '点一步：办好了、转到别处，或不用办了。步骤都有了结果，就能“{incident.errand.finish}”。',
          'Tap a step: done, moved on, or not needed. When every step has ended: “{incident.errand.finish}”.',
        ],
      },
    ],
  },
  {
    title: ['照片：先盖住，再存', 'Photos: cover first, then keep'],
    lead: [
      '拍到人脸、车牌、门牌，存之前盖住。照片里不留定位和手机信息。',
      'Faces, number plates and door numbers are covered before the photo is kept. No position and no phone stays inside it.',
    ],
    steps: [
      {
        screen: '04f-mark',
        say: [
          '点照片右上角的方框，用手指划过要盖的地方；要印时间和编号就打开水印。',
          'Tap the square on the photo and draw a finger over what nobody should see; switch the stamp on for time and number.',
        ],
      },
      {
        screen: '04g-marked',
        say: [
          '盖住的地方不会再回来。这张才是要传的那张。',
          'What is covered does not come back. This is the photo that is sent.',
        ],
      },
      {
        screen: '10b-storage',
        say: [
          '手机快满时，只清理中心和备份都有的照片。',
          'When the phone fills up, only photos that the centre and its backup have are removed.',
        ],
      },
    ],
  },
  {
    title: ['巡查：路线只在本机', 'Patrol: the track stays with you'],
    lead: [
      '地下室没有信号也能走；缺一段就写缺一段，不扣点位。',
      'It works in a basement too; a gap is written down as a gap and takes no point away.',
    ],
    steps: [
      {
        screen: '01f-today-patrols',
        say: [
          '该巡的路线排在今日，写着上次哪天、谁巡的。点一行，再点“{patrol.start}”。',
          'Routes that are due stand in Today, with the day and the person of the last time. Tap one, then “{patrol.start}”.',
        ],
      },
      {
        screen: '05-patrol',
        say: [
          '到点就扫；扫不了用定位或手动。看到问题点“{patrol.finding}”。',
          'Scan at a point; where that fails, use the position or note it by hand. Tap “{patrol.finding}” for what you see.',
        ],
      },
      {
        screen: '05d-patrol-manual',
        say: ['手动要写一句为什么。', 'By hand needs a few words on why.'],
      },
      {
        screen: '05g-patrol-finish',
        say: [
          '按住结束。先看清要传什么：点位和发现，路线给不给由你定。',
          'Hold to end. First see what is sent: points and findings; whether the line goes along is yours to say.',
        ],
      },
    ],
  },
  {
    title: ['送达：话不说过头', 'Delivery: no more than is proven'],
    lead: [
      '“{receipt.local}”是存在手机上；“{receipt.centre}”是中心收好了；“{receipt.seen}”是有人打开看了。',
      '“{receipt.local}” is kept on the phone, “{receipt.centre}” is safe at the centre, “{receipt.seen}” was opened by somebody.',
    ],
    steps: [
      {
        screen: '07-sync',
        say: [
          '右上角点进来：哪几条还没到，为什么，怎么办。不影响继续干活。',
          'From the chip at the top right: what has not arrived, why, and what to do. Work goes on meanwhile.',
        ],
      },
      {
        screen: '07b-sync-delivered',
        say: [
          '收工前看一眼，都到了就是这样。',
          'A look before going home: this is how it says that everything arrived.',
        ],
      },
      {
        screen: '07c-unsent',
        say: [
          '手机要交回、总也传不上时，“{unsent.do}”交给主管。',
          'When the phone goes back or nothing gets through, “{unsent.do}” and give it to your supervisor.',
        ],
      },
    ],
  },
  {
    title: ['日志和走访报告：自己写好', 'Log and visit report: they write themselves'],
    lead: [
      '走访、上报、巡查记过一次，日志和报告就不用再写一遍：都在“{tab.me}”里。没有网也能看、能改、能确认。',
      'What was recorded once is not written again: log and report stand under “{tab.me}”. Reading, changing and confirming need no network.',
    ],
    steps: [
      {
        screen: '10g-log',
        say: [
          '今天做过的按时间写好了。改几个字，点“{log.confirm}”。之后有新记录，会问你要不要加到后面。',
          'The day stands there in its order. Change a word and tap “{log.confirm}”. What is recorded later is offered, never put in by itself.',
        ],
      },
      {
        screen: '10k-visit-report',
        say: [
          '一周、一月、一季的走访：数字是数出来的，只写“{visitReport.words}”。',
          'The visits of a week, a month or a quarter: figures are counted, only “{visitReport.words}” is written.',
        ],
      },
      {
        screen: '10l-visit-report-confirmed',
        say: [
          '确认过的报告连同当时的数字传到中心。往下有“{log.share}”和“{log.print}”。',
          'A confirmed report goes to the centre with the figures of that moment. Below stand “{log.share}” and “{log.print}”.',
        ],
      },
    ],
  },
  {
    title: ['应用锁：丢了手机也不怕', 'App lock: a lost phone tells nothing'],
    lead: [
      '在“{tab.me}”里设 6 位 PIN。没有网也能打开。',
      'Set six digits under “{tab.me}”. It opens without a network.',
    ],
    steps: [
      {
        screen: '14f-app-lock-on',
        say: ['两分钟没人动就自己锁上。', 'It locks after two minutes without a touch.'],
      },
      { screen: '14-lock', say: ['输入 PIN 打开。', 'Your PIN opens it.'] },
      {
        screen: '14c-lock-forgot',
        say: [
          '忘了 PIN，请管理员给一个登记码；记录一条不少。',
          'If you forget it, a code from the office opens the phone; not one record is lost.',
        ],
      },
    ],
  },
  {
    title: ['两个人同用一部手机', 'Two people, one phone'],
    lead: [
      '白班、夜班轮着用：一人一份，各有各的记录、草稿、照片和 PIN，谁也看不到对方的。',
      'Day shift and night shift take turns. Each has their own records, drafts, photos and PIN, and sees nothing of the other’s.',
    ],
    steps: [
      {
        screen: '15c-people-alone',
        say: [
          '先设好自己的 PIN。再到“{tab.me}”里的“{people.name}”，点“{people.add}”，填管理员另给的登记码。',
          'Set your own PIN first. Then under “{tab.me}”, “{people.name}”, tap “{people.add}” and enter a second code from the office.',
        ],
      },
      {
        screen: '15-who',
        say: [
          '拿起手机先点自己，再输自己的 PIN。名字可以不显示，只写几号。',
          'Pick up the phone, tap yourself, enter your PIN. You may be shown as a number instead of a name.',
        ],
      },
      {
        screen: '15e-people',
        say: [
          '交班点“{people.change}”。没传完的不会丢，但要本人再打开才接着传，所以交班前先看一眼送达情况。',
          'At the end of a shift tap “{people.change}”. Nothing unsent is lost, but it goes on only when its owner is back: look at delivery first.',
        ],
      },
      {
        screen: '15f-leave',
        say: [
          '以后不用这部手机了：都到了中心，才移得走。移走就删干净，同事的不动。',
          'No longer on this phone: once all of yours is at the centre you can be removed. Yours is deleted then, your colleague’s stays.',
        ],
      },
    ],
  },
  {
    title: ['换新手机：没传的一条不丢', 'A new phone: nothing unsent is lost'],
    lead: [
      '在“{tab.me}”里的“{move.name}”。有网就在旧手机上传完再换；没网就打包带过去，草稿也在包里。',
      'Under “{tab.me}”, “{move.name}”. With a network the old phone sends first; without one it packs what is unsent, drafts too.',
    ],
    steps: [
      {
        screen: '16c-move-packed',
        say: [
          '旧手机：点“{move.pack}”，把文件交给新手机。码记在心里，别跟着文件发。',
          'Old phone: tap “{move.pack}” and hand the file over. Keep the code to yourself, never with the file.',
        ],
      },
      {
        screen: '16e-move-new',
        say: [
          '新手机：先用登记码登记，再到这里选文件，输旧手机上的码。',
          'New phone: enrol with a code from the office, then choose the file here and type the code of the old one.',
        ],
      },
      {
        screen: '16f-move-taken',
        say: [
          '接到几条、几张，写得明白。把这 6 位回执输回旧手机。',
          'It says how much arrived. Type this receipt on the old phone.',
        ],
      },
      {
        screen: '16d-move-replaced',
        say: [
          '旧手机写着已经换下，才点“{people.leave}”，再交回去。',
          'Only when the old phone says that it was replaced, tap “{people.leave}” and give it back.',
        ],
      },
    ],
  },
]
