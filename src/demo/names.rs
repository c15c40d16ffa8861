//! Names of people who do not exist, made of common surnames and given names.

use crate::domain::ids::Chance;
use crate::domain::person::Gender;

/// Common surnames, the commonest first and drawn most often.
const SURNAMES: &str = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段";

/// Given names by when they were fashionable: born before 1960, before 1985, since.
const WOMEN: [&[&str]; 3] = [
    &[
        "桂英", "秀兰", "玉珍", "淑芬", "凤英", "秀珍", "桂兰", "玉兰", "淑珍", "秀云", "爱华", "美英",
        "素芳", "玉梅", "春花", "金凤", "月娥", "瑞芳", "惠兰", "秋菊",
    ],
    &[
        "丽华", "红梅", "晓燕", "海燕", "建华", "丽娟", "春梅", "艳红", "玉玲", "秀丽", "志红", "卫红",
        "小红", "慧敏", "雪梅", "爱玲", "文静", "立萍", "晓红", "永芳",
    ],
    &[
        "婷婷", "梦瑶", "佳怡", "雨欣", "思琪", "欣怡", "晓彤", "雅静", "梓涵", "静怡", "诗涵", "文婷",
        "雪莹", "若曦", "可欣", "嘉慧", "子萱", "依诺", "晨曦", "语桐",
    ],
];
const MEN: [&[&str]; 3] = [
    &[
        "建国", "国强", "德福", "志明", "玉林", "福生", "长江", "永贵", "庆祥", "宝山", "振华", "富贵",
        "胜利", "解放", "守义", "文忠", "家栋", "传宝", "世昌", "兆丰",
    ],
    &[
        "志强", "卫东", "建军", "海涛", "立新", "永强", "晓东", "春生", "国庆", "学军", "金龙", "文斌",
        "少华", "向阳", "维民", "宏伟", "建平", "爱民", "跃进", "青松",
    ],
    &[
        "浩然", "子轩", "宇航", "俊杰", "博文", "天宇", "嘉豪", "明轩", "睿", "泽宇", "文博", "一鸣", "晨阳",
        "思远", "家乐", "志远", "鹏飞", "铭泽", "子墨", "承宇",
    ],
];

/// Draws one of a list.
pub(super) fn pick<T: Copy>(list: &[T], chance: &mut Chance) -> T {
    let count = u32::try_from(list.len()).expect("the demo's lists are short");
    list[chance.below(count) as usize]
}

/// True in `percent` of a hundred draws.
pub(super) fn one_in_hundred(percent: u32, chance: &mut Chance) -> bool {
    chance.below(100) < percent
}

pub(super) fn gender(chance: &mut Chance) -> Gender {
    if one_in_hundred(54, chance) { Gender::Female } else { Gender::Male }
}

/// A name as somebody of that gender and year would bear.
pub(super) fn name(gender: Gender, birth_year: i16, chance: &mut Chance) -> String {
    let surnames = u32::try_from(SURNAMES.chars().count()).expect("a hundred surnames");
    // The smaller of two draws: the commoner a surname, the oftener.
    let rank = chance.below(surnames).min(chance.below(surnames));
    let surname = SURNAMES.chars().nth(rank as usize).expect("the rank is below their number");
    let era = match birth_year {
        ..1960 => 0,
        1960..1985 => 1,
        1985.. => 2,
    };
    let given = match gender {
        Gender::Female => WOMEN[era],
        Gender::Male => MEN[era],
    };
    format!("{surname}{}", pick(given, chance))
}
